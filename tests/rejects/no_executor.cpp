// expects: executor
#include "two_workers.hpp"

/// It has no engine.
struct idle {
  static constexpr bool in_host_memory = true;
};

int main() {
  train(saddle::sgda{}, saddle::identity{}, saddle::parameter_server<>{});
#ifndef SADDLE_ACCEPT
  saddle::trainer t{product{}, saddle::sgda{}, saddle::identity{}, saddle::parameter_server<>{},
                    saddle::loopback{2}, idle{}};
#endif
}
