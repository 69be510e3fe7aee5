/** Everything the pages say, in every language they speak; `{name}` is filled in, `_one` and `_other` count. */

const en = {
  title: "Book an appointment",
  manage_title: "Your appointment",
  language: "Language",
  step: "Step {n} of {of}",
  loading: "One moment…",
  back: "Back",
  next: "Continue",
  change: "Change",
  change_what: "Change: {what}",
  optional: "optional",
  again: "Try again",
  minutes: "{n} min",

  service: "What can we help you with?",
  services_none: "Nothing can be booked online at the moment.",
  location: "Which branch suits you?",
  locations_none: "No branch offers this online at the moment.",
  method: "How would you like to meet?",
  in_person: "At the branch", phone: "By phone", video: "By video call", off_site: "At your place",
  in_person_hint: "You come to us", phone_hint: "We call you", video_hint: "You get a link", off_site_hint: "We come to you",

  staff: "Who would you like to see?",
  anyone: "Anyone", anyone_hint: "The most times to choose from",
  speaks: "Speaks {languages}",
  unknown_staff: "This person can no longer be booked. Please choose again.",

  time: "When suits you?",
  month_before: "Previous month", month_after: "Next month",
  month_none: "No free times in {month}.",
  none_until: "There are no free times up to {date}.",
  next_available: "Go to the next free day",
  free_one: "{day}: {n} free time", free_other: "{day}: {n} free times",
  free_none: "{day}: no free times",
  pick_day: "Choose a day to see its free times.",
  morning: "Morning", afternoon: "Afternoon", evening: "Evening",
  zone_branch: "Times are in the branch’s time zone: {zone}.",
  zone_own: "Times are in your time zone: {zone}.",
  zone_agreed: "Times are in the time zone of your appointment: {zone}.",
  zone_yours: "You seem to be in {zone}.",
  zone_theirs: "The branch is in {zone}.",
  yours_then: "{time} where you are ({zone})",
  theirs_then: "{time} at the branch ({zone})",
  keeping: "Keeping this time for you…",

  held: "Kept for you for",
  held_soon: "This time is kept for you for two more minutes.",
  held_over: "This time is no longer kept for you. Everything you typed is still here.",
  hold_again: "Keep it again",
  held_again: "It is kept for you again.",

  lost_taken: "{time} has just been taken by somebody else.",
  lost_gone: "{time} can no longer be booked.",
  lost_kept: "Everything you typed is kept.",
  nearest: "These are the nearest free times:",
  nearest_none: "Please choose another time below.",

  details: "How can we reach you?",
  first_name: "First name", last_name: "Last name", email: "E-mail", mobile: "Mobile number",
  mobile_hint: "With the country code if it is not a local number, for example +1 416 555 0100",
  receive_sms: "Text me about this appointment",
  receive_sms_hint: "Confirmation, changes and a reminder. Nothing else.",
  notes: "Anything we should know?",
  choose: "Please choose",
  yes: "Yes", no: "No",
  to_review: "Review",
  check_one: "Please check {n} answer:", check_other: "Please check {n} answers:",
  missing: "Please fill this in.",
  wrong_email: "This does not look like an e-mail address.",
  wrong_mobile: "This does not look like a phone number. Start with + and the country code.",
  need_mobile: "We need a number to text to.",
  wrong: "Please check this.",

  review: "Is everything right?",
  confirm: "Confirm booking",
  sending: "Booking…",
  what: "Service", where: "Branch", how: "Meeting", when: "Time", with: "With", who: "Your details", summary: "Your appointment",

  done: "You’re booked",
  done_unconfirmed: "We have your request",
  done_text: "A confirmation is on its way to {email}.",
  done_text_unconfirmed: "We will write to {email} as soon as it is confirmed.",
  calendar: "Add to calendar",
  manage: "Move or cancel",
  another: "Book another appointment",

  fail: "That did not work.",
  fail_0: "There is no connection at the moment. Nothing is lost: please try again.",
  fail_429: "Many people are booking right now. Please try again in a moment.",
  fail_503: "We are very busy right now. Please try again in a moment.",

  manage_missing: "We cannot find this appointment. Please use the link in your latest e-mail.",
  confirmed: "Confirmed", unconfirmed: "Waiting for confirmation", cancelled: "Cancelled", over: "This appointment is over",
  join: "Join the video call",
  move: "Move to another time",
  move_until: "You can move it until {time}",
  move_late: "It can no longer be moved online. Please contact the branch.",
  cancel: "Cancel appointment",
  cancel_until: "You can cancel until {time}",
  cancel_late: "It can no longer be cancelled online. Please contact the branch.",
  cancel_ask: "Cancel this appointment?",
  cancel_yes: "Yes, cancel it", keep: "Keep it",
  reason: "Reason",
  move_ask: "Move your appointment?",
  from: "From", to: "To",
  move_yes: "Yes, move it",
  moved: "Your appointment is moved.",
  is_cancelled: "Your appointment is cancelled.",
  told: "We have sent you an e-mail.",
  book_new: "Book a new appointment",
  deadline_passed: "The deadline for this has passed. Please contact the branch.",
  too_many_bookings: "You already have as many upcoming appointments as we can book online. Please contact the branch.",
  already_rebooked: "An appointment can be moved online once only. Please contact the branch.",
};

const fr = {
  title: "Prendre rendez-vous",
  manage_title: "Votre rendez-vous",
  language: "Langue",
  step: "Étape {n} sur {of}",
  loading: "Un instant…",
  back: "Retour",
  next: "Continuer",
  change: "Modifier",
  change_what: "Modifier : {what}",
  optional: "facultatif",
  again: "Réessayer",
  minutes: "{n} min",

  service: "Que pouvons-nous faire pour vous ?",
  services_none: "Rien ne peut être réservé en ligne pour le moment.",
  location: "Quelle succursale vous convient ?",
  locations_none: "Aucune succursale n’offre ce service en ligne pour le moment.",
  method: "Comment souhaitez-vous nous rencontrer ?",
  in_person: "À la succursale", phone: "Par téléphone", video: "Par vidéo", off_site: "Chez vous",
  in_person_hint: "Vous venez chez nous", phone_hint: "Nous vous appelons", video_hint: "Vous recevez un lien",
  off_site_hint: "Nous venons chez vous",

  staff: "Qui souhaitez-vous rencontrer ?",
  anyone: "Peu importe", anyone_hint: "Le plus grand choix de plages",
  speaks: "Parle {languages}",
  unknown_staff: "Cette personne ne peut plus être réservée. Veuillez choisir de nouveau.",

  time: "Quand cela vous convient-il ?",
  month_before: "Mois précédent", month_after: "Mois suivant",
  month_none: "Aucune plage libre en {month}.",
  none_until: "Il n’y a aucune plage libre jusqu’au {date}.",
  next_available: "Aller au prochain jour libre",
  free_one: "{day} : {n} plage libre", free_other: "{day} : {n} plages libres",
  free_none: "{day} : aucune plage libre",
  pick_day: "Choisissez un jour pour voir ses plages libres.",
  morning: "Matin", afternoon: "Après-midi", evening: "Soir",
  zone_branch: "Heures dans le fuseau de la succursale : {zone}.",
  zone_own: "Heures dans votre fuseau horaire : {zone}.",
  zone_agreed: "Heures dans le fuseau de votre rendez-vous : {zone}.",
  zone_yours: "Chez vous : {zone}.",
  zone_theirs: "À la succursale : {zone}.",
  yours_then: "{time} chez vous ({zone})",
  theirs_then: "{time} à la succursale ({zone})",
  keeping: "Nous vous gardons cette plage…",

  held: "Gardée pour vous pendant",
  held_soon: "Cette plage vous est gardée encore deux minutes.",
  held_over: "Cette plage ne vous est plus gardée. Tout ce que vous avez écrit est encore là.",
  hold_again: "La garder de nouveau",
  held_again: "Elle vous est gardée de nouveau.",

  lost_taken: "{time} : quelqu’un vient de prendre cette plage.",
  lost_gone: "{time} : cette plage ne peut plus être réservée.",
  lost_kept: "Tout ce que vous avez écrit est conservé.",
  nearest: "Voici les plages libres les plus proches :",
  nearest_none: "Veuillez choisir une autre plage ci-dessous.",

  details: "Comment vous joindre ?",
  first_name: "Prénom", last_name: "Nom", email: "Courriel", mobile: "Cellulaire",
  mobile_hint: "Avec l’indicatif du pays si ce n’est pas un numéro local, par exemple +1 514 555 0100",
  receive_sms: "M’envoyer des textos au sujet de ce rendez-vous",
  receive_sms_hint: "Confirmation, changements et un rappel. Rien d’autre.",
  notes: "Y a-t-il quelque chose que nous devrions savoir ?",
  choose: "Veuillez choisir",
  yes: "Oui", no: "Non",
  to_review: "Vérifier",
  check_one: "Veuillez vérifier {n} réponse :", check_other: "Veuillez vérifier {n} réponses :",
  missing: "Veuillez remplir ce champ.",
  wrong_email: "Ceci ne ressemble pas à une adresse courriel.",
  wrong_mobile: "Ceci ne ressemble pas à un numéro. Commencez par + et l’indicatif du pays.",
  need_mobile: "Il nous faut un numéro pour les textos.",
  wrong: "Veuillez vérifier.",

  review: "Tout est-il exact ?",
  confirm: "Confirmer le rendez-vous",
  sending: "Réservation…",
  what: "Service", where: "Succursale", how: "Rencontre", when: "Heure", with: "Avec", who: "Vos coordonnées", summary: "Votre rendez-vous",

  done: "C’est réservé",
  done_unconfirmed: "Nous avons votre demande",
  done_text: "Une confirmation est en route vers {email}.",
  done_text_unconfirmed: "Nous écrirons à {email} dès la confirmation.",
  calendar: "Ajouter au calendrier",
  manage: "Déplacer ou annuler",
  another: "Prendre un autre rendez-vous",

  fail: "Cela n’a pas fonctionné.",
  fail_0: "Pas de connexion pour le moment. Rien n’est perdu : veuillez réessayer.",
  fail_429: "Beaucoup de monde réserve en ce moment. Veuillez réessayer dans un instant.",
  fail_503: "Nous sommes très occupés en ce moment. Veuillez réessayer dans un instant.",

  manage_missing: "Nous ne trouvons pas ce rendez-vous. Veuillez utiliser le lien de votre dernier courriel.",
  confirmed: "Confirmé", unconfirmed: "En attente de confirmation", cancelled: "Annulé", over: "Ce rendez-vous est passé",
  join: "Rejoindre l’appel vidéo",
  move: "Déplacer à une autre heure",
  move_until: "Vous pouvez le déplacer jusqu’au {time}",
  move_late: "Il ne peut plus être déplacé en ligne. Veuillez communiquer avec la succursale.",
  cancel: "Annuler le rendez-vous",
  cancel_until: "Vous pouvez annuler jusqu’au {time}",
  cancel_late: "Il ne peut plus être annulé en ligne. Veuillez communiquer avec la succursale.",
  cancel_ask: "Annuler ce rendez-vous ?",
  cancel_yes: "Oui, l’annuler", keep: "Le garder",
  reason: "Raison",
  move_ask: "Déplacer votre rendez-vous ?",
  from: "De", to: "À",
  move_yes: "Oui, le déplacer",
  moved: "Votre rendez-vous est déplacé.",
  is_cancelled: "Votre rendez-vous est annulé.",
  told: "Nous vous avons envoyé un courriel.",
  book_new: "Prendre un nouveau rendez-vous",
  deadline_passed: "Le délai est passé. Veuillez communiquer avec la succursale.",
  too_many_bookings: "Vous avez déjà le nombre maximal de rendez-vous en ligne. Veuillez communiquer avec la succursale.",
  already_rebooked: "Un rendez-vous ne peut être déplacé en ligne qu’une seule fois. Veuillez communiquer avec la succursale.",
};

const LANGUAGES = { en, fr };
export const NAMES = { en: "English", fr: "Français" };

/** The first of the wished languages the pages speak; English when there is none. */
export function spoken(wishes) {
  const known = wishes.filter(Boolean).map((wish) => wish.slice(0, 2).toLowerCase());
  return known.find((wish) => wish in LANGUAGES) ?? "en";
}

/** The visitor's regional variant of a language (fr → fr-CA), for dates and times. */
export const regional = (language) => navigator.languages.find((tag) => tag.startsWith(language)) ?? `${language}-CA`;

/** Languages by their codes, as a sentence lists them ("English and French"). */
export function languageNames(codes, locale) {
  const names = new Intl.DisplayNames(locale, { type: "language" });
  return new Intl.ListFormat(locale).format(codes.map((code) => names.of(code)));
}

/** A text by its key; an unknown key shows itself, so a hole is seen. */
export function text(language, key, values = {}) {
  const words = LANGUAGES[language];
  const counted = `${key}_${new Intl.PluralRules(language).select(values.n ?? 0)}`;
  const pattern = words[key] ?? words[counted] ?? words[`${key}_other`] ?? key;
  return pattern.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}
