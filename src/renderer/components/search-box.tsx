import { Search, X } from 'lucide-react'
import { Button, Input, SearchField } from 'react-aria-components'
import { strings } from '../strings/index.ts'
import styles from './search-box.module.css'

interface SearchBoxProps {
  label: string
  placeholder: string
  value: string
  onChange: (value: string) => void
}

export function SearchBox({ label, placeholder, value, onChange }: SearchBoxProps) {
  return (
    <SearchField className={styles.search ?? ''} aria-label={label} value={value} onChange={onChange}>
      <Search size={15} aria-hidden />
      <Input className={styles.input ?? ''} placeholder={placeholder} maxLength={200} />
      <Button className={styles.clear ?? ''} aria-label={strings.clearSearch}>
        <X size={14} aria-hidden />
      </Button>
    </SearchField>
  )
}
