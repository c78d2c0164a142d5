import { TriangleAlert } from 'lucide-react'
import { Component, type ErrorInfo, type ReactNode } from 'react'
import { strings } from '../strings/index.ts'
import { Button } from './button.tsx'
import { EmptyState } from './empty-state.tsx'

/** Keeps the navigation alive when a page cannot be drawn. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false }

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true }
  }

  override componentDidCatch(error: Error, info: ErrorInfo): void {
    console.error('A page could not be drawn.', error, info.componentStack)
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children
    return (
      <EmptyState icon={TriangleAlert} title={strings.app.crashed} hint={strings.app.crashedHint}>
        <Button onPress={() => window.location.reload()}>{strings.app.reload}</Button>
      </EmptyState>
    )
  }
}
