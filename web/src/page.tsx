import { render } from "preact";
import { App } from "./components/App";
import { speakFirst } from "./i18n";
import { startLive } from "./live";
import { startSession } from "./session";
import { startUsage } from "./usage";
import "./styles/page.css";
import "./icon.svg?url";

startUsage();
startSession();
await speakFirst();
render(<App />, document.getElementById("app") as HTMLElement);
startLive();
