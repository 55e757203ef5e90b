#pragma once
#include "saddle/lanes/serial.hpp"
#include "saddle/lanes/threads.hpp"

/// Every group that runs on this machine without a GPU.
#define SADDLE_TEST_GROUPS saddle::serial_group, saddle::thread_group<8>

/// f(g) on every lane of a G; returns when all have finished.
template <class G, class F>
void run_on(F const& f) {
  if constexpr (G::lanes == 1)
    f(G{});
  else
    saddle::run_lanes<G::lanes>(f);
}
