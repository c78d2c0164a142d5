function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/))
}

/** What stands before a person's name. */
export const titles = words(`
  mr mrs ms miss mx dr doctor sir dame lord lady prof professor rev reverend father sister canon imam rabbi judge justice
  magistrate cllr councillor pc dc ds di sgt sergeant constable inspector superintendent nurse midwife captain major colonel
  district tribunal recorder deputy`)

/** Of the titles, those that are one only before another or before a name in full. */
export const halfTitles = words('district tribunal deputy')

/** The word that makes an organisation of what stands before it. */
export const organisationHeads = words(`
  council ltd limited plc llp llc inc cic cio trust hospital infirmary hospice surgery clinic practice pharmacy school academy
  college university nursery bank society association union court courts tribunal bench division chamber police constabulary
  department ministry office service services agency authority centre foundation charity church mosque temple synagogue
  cathedral chapel company group homes housing energy insurance solicitors chambers advocates library foodbank fund project
  commission executive ombudsman board federation institute institution partnership network bureau committee directorate navy
  army force logistics finance retail foods steel removals couriers water electricity railways airways airlines hotel
  restaurant motors garage bakery consulting consultancy associates partners rights aid women enterprises holdings
  industries systems solutions properties lettings estates care immigration visas helpline archives museum theatre club
  support regulator registry inspectorate parliament assembly government infirmary line direct plus direct`)

/** Heads that are also written small. */
export const companyForms = words('plc ltd limited llp cic')

/** Heads that belong to an organisation only after a name: by themselves, or after these, they are ordinary words. */
export const weakHeads = words(`
  office service services energy insurance housing water care rights aid women line direct plus fund project board chapel
  practice care electricity support chamber court courts union society bank division force club government finance retail`)

/** What follows a head and takes its meaning away, as in Housing Benefit or Council Tax. */
export const unmaking = words(
  'number numbers contributions tax benefit benefits credit allowance payment payments element order orders officer',
)

/** What stands before the name of an organisation as part of it. */
export const organisationPrefixes = words('hmp hm hmyoi nhs')

/** The last word of a street's name. */
export const streetEnds = words(`
  road street lane avenue close drive way place terrace grove crescent court gardens square hill rise view row walk mews park
  parade green broadway embankment quay wharf mount drove gate path croft heath meadow mead end bank house`)

/** Streets that need no number before them to be one. */
export const plainStreets = words('road street lane avenue close drive terrace grove crescent mews')

/** Words in lower case inside a name. */
export const connectors = words(
  'of for and & the upon on under by de la le del da van der den von bin binti al el at in',
)
export const personConnectors = words('de la le del da van der den von bin binti al el')

export const greetings = words('dear hi hello hey')
export const placePrepositions = words('in from near outside around across to leaving via')

/** Words that begin sentences and, whatever their capital, no name. */
export const openers = words(`
  a an my our your his her their its this that these those i we you he she they it who what when where why how if unless upon
  after before since until to in on at by for with from please dear hi hello thank re and or but not no yes so as all any both
  each some such there here now then also however although because while during between under over about against into through`)
