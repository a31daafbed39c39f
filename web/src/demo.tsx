import { render } from "preact";
import { Chooser } from "./components/Chooser";
import { speakFirst } from "./i18n";
import "./styles/page.css";

await speakFirst();
render(<Chooser />, document.getElementById("app") as HTMLElement);
