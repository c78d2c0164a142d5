/** Words that some drivers add and others leave out; what is left tells models apart. */
const noise =
  /\b(?:nvidia|geforce|tesla|quadro|grid|amd|ati|radeon|instinct|apple|intel|corporation|advanced micro devices|inc|data ?center|graphics|gpu|generation|series|with|design|tm|r)\b/g

/** A card's name reduced to the words that tell it apart, the same for each way in which drivers write it. */
export function matchableName(name: string): string {
  return name
    .toLowerCase()
    .replace(/max-?q|mobile/g, 'laptop')
    .replace(/[^a-z0-9]+/g, ' ')
    .replace(/\b(rtx|gtx|rx|arc)(?=[ab]?\d)/g, '$1 ')
    .replace(/(\d{3,4})(ti|super|xtx|xt|gre)\b/g, '$1 $2')
    .replace(/\bmi (?=\d)/g, 'mi')
    .replace(noise, ' ')
    .replace(/ +/g, ' ')
    .trim()
}

/** Whether a name is that of a card made for portable machines. */
export function isLaptopCard(name: string): boolean {
  return / laptop /.test(` ${matchableName(name)} `)
}
