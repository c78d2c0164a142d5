import type { Gpu } from '../../shared/schema/capabilities.ts'
import type { EngineName } from '../../shared/schema/hardware.ts'

/**
 * The engines that compute on a card of this kind, by what their makers say: llama.cpp and LM Studio through CUDA, ROCm,
 * Metal or Vulkan; Ollama through CUDA, ROCm (cards with memory of their own) and Metal; vLLM on Linux alone, through CUDA,
 * ROCm and XPU, on cards with memory of their own. Cards too old for them are not told apart.
 */
export function enginesFor(
  { vendor, sharedMemory }: { vendor: Gpu['vendor']; sharedMemory: boolean },
  platform: NodeJS.Platform,
): EngineName[] {
  if (vendor === 'other') return []
  const ollama = vendor === 'nvidia' || vendor === 'apple' || (vendor === 'amd' && !sharedMemory)
  const vllm = platform === 'linux' && vendor !== 'apple' && !sharedMemory
  return [
    ...(ollama ? (['Ollama'] as const) : []),
    'llama.cpp server',
    ...(vllm ? (['vLLM'] as const) : []),
    'LM Studio',
  ]
}
