#pragma once
#include "saddle/config.hpp"
#include "saddle/executor/cpu.hpp"
#include "saddle/run/exchange_slot.hpp"
#include "saddle/run/messenger.hpp"
#include "saddle/run/named_arrays.hpp"
#include "saddle/run/walk.hpp"
#include "saddle/train/trainer.hpp"

/// What no policy changes, for float and double on the CPU. Files that define SADDLE_COMPILED leave it to compiled.cpp,
/// and take half of the time; without it every file compiles for itself what it uses.
#ifdef SADDLE_COMPILED_HERE
#define SADDLE_EXTERN
#else
#define SADDLE_EXTERN extern
#endif
#define SADDLE_COMPILE(T)                                              \
  SADDLE_EXTERN template class named_arrays<T>;                        \
  SADDLE_EXTERN template class delivery<T>;                            \
  SADDLE_EXTERN template class messenger<T>;                           \
  SADDLE_EXTERN template struct row_table<T, cpu::engine>;             \
  SADDLE_EXTERN template class exchange_slot<T, cpu::engine, false>;   \
  SADDLE_EXTERN template class exchange_slot<T, cpu::engine, true>;    \
  SADDLE_EXTERN template class bound_step<T, cpu, false>;              \
  SADDLE_EXTERN template class bound_step<T, cpu, true>;               \
  SADDLE_EXTERN template class walk<T, cpu, false>;                    \
  SADDLE_EXTERN template class walk<T, cpu, true>;                     \
  SADDLE_EXTERN template class trainer<T>;

SADDLE_NAMESPACE_BEGIN
SADDLE_COMPILE(float)
SADDLE_COMPILE(double)
SADDLE_NAMESPACE_END

#undef SADDLE_COMPILE
#undef SADDLE_EXTERN
