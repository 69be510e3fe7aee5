/** <frontdesk-appointment api id code lang>: one appointment behind the link in its mail. */

import { Appointment } from "./widget/appointment.js";

if (!customElements.get("frontdesk-appointment")) customElements.define("frontdesk-appointment", Appointment);
