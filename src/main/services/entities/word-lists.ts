/** Parts of the United Kingdom, its counties, and what London's boroughs and other regions are called in letters. */
export const counties: readonly string[] = listed(`
  united kingdom|uk|great britain|england|scotland|wales|northern ireland|ireland|channel islands|isle of man|isle of wight
  avon|bedfordshire|berkshire|buckinghamshire|cambridgeshire|cheshire|cleveland|cornwall|cumbria|derbyshire|devon|dorset
  county durham|essex|gloucestershire|greater london|greater manchester|hampshire|herefordshire|hertfordshire|kent
  lancashire|leicestershire|lincolnshire|merseyside|norfolk|north yorkshire|northamptonshire|northumberland
  nottinghamshire|oxfordshire|rutland|shropshire|somerset|south yorkshire|staffordshire|suffolk|surrey|east sussex
  west sussex|sussex|tyne and wear|warwickshire|west midlands|east midlands|west yorkshire|yorkshire|wiltshire
  worcestershire|aberdeenshire|angus|argyll|ayrshire|dumfries and galloway|fife|lanarkshire|lothian|perthshire
  the highlands|orkney|shetland|anglesey|ceredigion|carmarthenshire|conwy|denbighshire|flintshire|glamorgan|gwent
  gwynedd|monmouthshire|pembrokeshire|powys|antrim|armagh|county down|fermanagh|tyrone
  tower hamlets|hackney|lambeth|southwark|lewisham|newham|haringey|islington|camden|barnet|brent|ealing|hounslow
  redbridge|havering|barking and dagenham|waltham forest|kensington and chelsea|hammersmith and fulham|merton
  east anglia|the midlands|usa|united states|america|europe|africa|asia|republic of ireland|czechia|czech republic
  kurdistan|hong kong|gaza|palestine|england and wales`)

/** Bodies that letters name without saying what they are; those with a telling word in their name need no list. */
export const organisations: readonly string[] = listed(`
  acas|acca|aldi|amazon|anglian water|argos|asda|asos|atos|aviva|bailiffs direct|barclaycard|barclays|barclays bank|bbc
  boots|bp|british gas|british telecom|bt|cab|cabinet office|cafcass|capita|capital one|cifas|citizens advice|companies house
  cps|crisis|currys|deliveroo|dfe|dhl|dpd|dvla|dvsa|dwp|e.on|ebay|edf|ee|equifax|evri|experian|facebook|first bus|first direct
  g4s|gchq|gingerbread|giffgaff|google|halfords|halifax|hastings direct|hmcts|hmrc|home office|hsbc|iceland foods|ico
  independent age|jet2|jobcentre|jobcentre plus|just eat|klarna|laa|ladbrokes|legal aid|legal & general|lidl|lloyds|lloyds tsb
  lowell|macmillan|marks and spencer|marks & spencer|mcdonald's|mencap|metro bank|mind|mod|moj|money advice trust|moneybarn
  monzo|morrisons|motability|national express|national grid|national rail|nationwide|natwest|network rail|next|nhs|npower|nspcc
  nus|o2|octopus energy|ofcom|ofgem|ofsted|ofwat|openreach|ovo|ovo energy|oxfam|parcelforce|paypal|post office|prudential
  rbs|refuge|relate|revolut|royal british legion|royal mail|royal navy|royal air force|ryanair|sainsbury's|sainsburys|samaritans
  santander|scope|scottish power|scottishpower|securitas|severn trent|severn trent water|shelter|shop direct|sky|south west water
  southern water|specsavers|sports direct|starling|starling bank|stepchange|stonewall|student finance england
  superdrug|tesco|thames water|the passage|three|tpas|tsb|turn2us|tv licensing|uber|ucas|united utilities|valuation office
  very|victim support|virgin media|virgin money|vodafone|wessex water|wilko|women's aid|yorkshire water|ymca|youtube
  action fraud|age uk|alzheimer's society|anglian|age concern|barnardo's|christians against poverty|clearpay|provident
  advantage finance|brighthouse|cabot|cabot financial|hoist|intrum|link financial|pra group|marston|marston holdings|jacobs
  bristow & sutor|equita|rossendales|dukes|newlyn|salvation army|the salvation army|trussell trust|the trussell trust|islamic relief
  red cross|british red cross|refugee council|mydeposits|home instead|serco|mears|maximus|ingeus|reed|adecco|hays`)

/** Capitalised words of letters that name nobody: benefits, headings, greetings, what people are called by trade. */
export const caseWords: readonly string[] = listed(`
  personal|independence|allowance|badge|attendance|office|road|claimant|defendant|appellant|respondent|applicant|tenant
  client|caseworker|adviser|advisor|representative|statement|summary|account|amount|appeal|application|arrears|balance|benefit
  benefits|bereavement|budget|catalogue|child|children|claim|council|credit|debt|deposit|disability|email|enclosure|employment
  faithfully|fax|from|gas|hearing|house|housing|income|instalment|insurance|interest|invoice|judgment|landlord|letter|loan|licence
  living|mandatory|maternity|meeting|mobile|national|neutral|note|notes|notice|number|order|parking|payment|pension|penalty
  phone|please|pregnancy|reason|reconsideration|reference|regards|rent|review|savings|scheme|settlement|settled|sincerely|skills
  special|state|status|subject|support|tax|tel|telephone|thank|total|tribunal|universal|urgent|vat|wages|warm|welfare|winter|work
  working|yours|fuel|home|visit|mr|mrs|ms|miss|dr|pip|esa|jsa|uc|dla|urn|ref|po|box|plc|ltd|re|ps|nb|cc|the|a|an|my|our|your|his|her
  their|its|this|that|these|those|i|we|you|he|she|they|it|who|what|when|where|why|how|if|unless|upon|after|before|since|until
  dear|hi|hello|to|date|name|address|signed|kind|best|wishes|many|thanks|prison|emergency|food|parcel|referred|received|bailiffs
  catalogue|electricity|monday|tuesday|wednesday|thursday|friday|saturday|sunday|january|february|march|april|may|june|july
  august|september|october|november|december|english|british|welsh|scottish|irish|eu|mp|gp|pay|free|healthy|start|blue|card|cost
  bill|first|second|third|last|next|new|old|in|on|at|by|for|with|of|and|or|but|not|no|yes|so|as|all|any|both|each|some|such|there
  here|now|then|also|however|although|because|while|during|between|under|over|about|against|into|through|within|without`)

function listed(text: string): string[] {
  return text
    .split(/[|\n]/)
    .map(word => word.trim())
    .filter(word => word !== '')
}
