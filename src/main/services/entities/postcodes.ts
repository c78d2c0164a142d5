import { type Entity, entityAt, sure } from './entity.ts'

/** The 124 postcode areas of the United Kingdom and the Crown dependencies. */
const areas = new Set(
  (
    'AB AL B BA BB BD BH BL BN BR BS BT CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT DY E EC EH EN EX FK FY G ' +
    'GL GU GY HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY L LA LD LE LL LN LS LU M ME MK ML N NE NG NN NP NR NW ' +
    'OL OX PA PE PH PL PO PR RG RH RM S SA SE SG SK SL SM SN SO SP SR SS ST SW SY TA TD TF TN TQ TR TS TW UB W WA WC ' +
    'WD WF WN WR WS WV YO ZE'
  ).split(' '),
)

/** Outward and inward code; letters by position as the Royal Mail's programmers' guide has them. */
const form = /(?<![A-Za-z0-9])([A-Z]{1,2})(\d[A-HJKMNP-Y]?|\d\d)[ \u00a0]{0,2}(\d[ABD-HJLNP-UW-Z]{2})(?![A-Za-z0-9])/g

/** Postcodes of the United Kingdom whose area exists; the value has one space, as in `LS1 4AP`. */
export function findPostcodes(text: string): Entity[] {
  return [...text.matchAll(form)].flatMap(match => {
    const [found, area = '', district = '', inward = ''] = match
    if (!areas.has(area)) return []
    return [entityAt('postcode', match.index, found, `${area}${district} ${inward}`, sure.checked)]
  })
}
