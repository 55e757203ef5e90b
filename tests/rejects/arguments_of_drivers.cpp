// The arguments of the two drivers that have no topology.
// expects 1: the 1st argument of md_gan must be a split_gan: mlp_gan, acgan or your own generator and discriminator
// expects 2: the 2nd argument of md_gan must be md_gan_settings{...}
// expects 3: md_gan{pair, md_gan_settings{...}, transport, executor}: another number of arguments, or no transport
// expects 4: md_gan{pair, md_gan_settings{...}, transport, executor}: another number of arguments, or no transport
// expects 5: the 2nd argument of async_server must be async_settings{...} or adacomp_sgd(...)
// expects 6: async_server{problem, async_settings{...}, transport, executor}: another number of arguments
// expects 7: the 1st argument of async_server must be a problem: it has `using scalar`, `sizes()`
// expects 8: async_server{problem, async_settings{...}, transport, executor}: another number of arguments
#include "mirrors.hpp"
#include "saddle/algorithm/async_server.hpp"
#include "two_workers.hpp"

using namespace saddle;

int main() {
#ifndef SADDLE_MISTAKE
  md_gan two{test::mirror{}, md_gan_settings<>{}, loopback{2}, cpu{}};
  async_server one{product{}, async_settings<>{}, loopback{2}, cpu{}};
#elif SADDLE_MISTAKE == 1
  md_gan t{product{}, md_gan_settings<>{}, loopback{2}, cpu{}};
#elif SADDLE_MISTAKE == 2
  md_gan t{test::mirror{}, settings{}, loopback{2}, cpu{}};
#elif SADDLE_MISTAKE == 3
  md_gan t{test::mirror{}, md_gan_settings<>{}, loopback{2}};
#elif SADDLE_MISTAKE == 4
  md_gan t{test::mirror{}, md_gan_settings<>{}, cpu{}, loopback{2}};
#elif SADDLE_MISTAKE == 5
  async_server t{product{}, settings{}, loopback{2}, cpu{}};
#elif SADDLE_MISTAKE == 6
  async_server t{product{}, async_settings<>{}, loopback{2}};
#elif SADDLE_MISTAKE == 7
  async_server t{3, async_settings<>{}, loopback{2}, cpu{}};
#elif SADDLE_MISTAKE == 8
  async_server t{product{}, sgda{}, identity{}, loopback{2}, cpu{}};
#endif
}
