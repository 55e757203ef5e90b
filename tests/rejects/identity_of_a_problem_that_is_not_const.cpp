// expects: identity_is_const_and_gives_a_string
#include "two_workers.hpp"

using namespace saddle;

struct unnoticed : product {
  std::string identity() { return "product"; }  // not const: a trainer could not ask for it
};
struct named : product {
  std::string identity() const { return "product"; }
};

int main() {
  trainer sound(named{}, omd{}, identity{}, parameter_server{}, loopback{}, cpu{});
#ifndef SADDLE_ACCEPT
  trainer unsound(unnoticed{}, omd{}, identity{}, parameter_server{}, loopback{}, cpu{});
#endif
}
