// expects: codes have 2, 4, 8 or 16 bits: for one bit there is store_bits
#include <cstdint>

#include "saddle/lanes/serial.hpp"

int main() {
  std::uint8_t bytes[8] = {};
  saddle::serial_group const g{};
  auto const one = [](int) { return 1u; };
  g.store_codes<2, 4>(4, bytes, one);
#ifndef SADDLE_ACCEPT
  g.store_codes<1, 4>(4, bytes, one);
#endif
}
