/**
 * English words that say nothing about what a text is about: function words, forms of be, have and do, modal verbs,
 * question words, and what is left of contractions. Folded as the analyser folds words.
 */
export const STOP_WORDS: ReadonlySet<string> = new Set(
  `a an and are as at be but by for if in into is it no not of on or such that the their then there these they this to was
  will with i me my mine we us our ours you your yours he him his she her hers its them do does did done has have had having
  am were been being what which who whom whose when where why how can could would should may might must shall about from so
  than too very just also s t re ve ll d m im ive ill id dont doesnt didnt isnt wasnt arent werent hasnt havent hadnt wont
  wouldnt couldnt shouldnt cant youre youve thats whats theyre weve`
    .split(/\s+/)
    .filter((word) => word !== ""),
);

/** Chinese particles, pronouns and the like of one character. Pairs of characters keep them. */
export const STOP_CHARACTERS: ReadonlySet<string> = new Set("的了是在吗呢吧啊我你他她它们这那有和与就都也很");
