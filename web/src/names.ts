import { i18n } from "./i18n";

/** What people call a channel or a sub-feature. */
export function nameOf(code: string): string {
  switch (code) {
    case "BROADCAST":
      return i18n._("Broadcasts");
    case "CHAT":
      return i18n._("Chat");
    case "EMAIL":
      return i18n._("Email");
    case "INSTAGRAM":
      return "Instagram";
    case "SMS":
      return "SMS";
    case "VOICE":
      return i18n._("Voice");
    case "WHATSAPP":
      return "WhatsApp";
    default: {
      const words = code.toLowerCase().replaceAll("_", " ");
      return words.charAt(0).toUpperCase() + words.slice(1);
    }
  }
}
