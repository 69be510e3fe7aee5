/** <frontdesk-booking api service location lang>: the booking page as an element for any site. */

import { Booking } from "./widget/booking.js";

if (!customElements.get("frontdesk-booking")) customElements.define("frontdesk-booking", Booking);
