/** @jsxImportSource react */
import { createRoot } from "react-dom/client";
import { Explorer } from "./components/Explorer";
import "graphiql/style.css";
import "./styles/explorer.css";

createRoot(document.getElementById("app") as HTMLElement).render(<Explorer />);
