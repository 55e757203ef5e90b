// expects: runs_in_host_memory
#include "two_workers.hpp"

/// As a GPU's executor is: its kernels cannot read the arrays that the trainer keeps.
struct elsewhere {
  static constexpr bool in_host_memory = false;
};

int main() {
  train(saddle::sgda{}, saddle::identity{}, saddle::parameter_server<>{});
#ifndef SADDLE_ACCEPT
  saddle::trainer t{product{}, saddle::sgda{}, saddle::identity{}, saddle::parameter_server<>{},
                    saddle::loopback{2}, elsewhere{}};
#endif
}
