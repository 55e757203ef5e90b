// break_even DENSE_BYTES DENSE_SECONDS BYTES SECONDS: the bandwidth in Mbit/s below which compressing pays, from what a
// step puts on the link that decides and what it takes where the link is no matter. inf if it always pays, 0 if never.
#include <charconv>
#include <cmath>
#include <cstdio>
#include <exception>
#include <saddle/metric/break_even.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace {

double number(std::string_view text) {
  double value = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !(value >= 0) || std::isinf(value))
    throw std::invalid_argument("'" + std::string(text) + "' is no number from 0 on");
  return value;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 5) throw std::invalid_argument("it takes DENSE_BYTES DENSE_SECONDS BYTES SECONDS");
    saddle::sending_cost const dense{number(argv[1]), number(argv[2])}, compressed{number(argv[3]), number(argv[4])};
    std::printf("%.6g\n", 8e-6 * saddle::break_even(dense, compressed));
  } catch (std::exception const& e) {
    std::fprintf(stderr, "break_even: %s\n", e.what());
    return 2;
  }
}
