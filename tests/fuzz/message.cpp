// A decoder under libFuzzer: whatever comes from another process is refused, or decodes to finite numbers in memory.
// SADDLE_FUZZED is the compressor; each has a program of its own.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "../compressor/whole_message.hpp"
#include "saddle/saddle.hpp"

namespace {

using namespace saddle;

/// A message that was encoded and sealed.
struct sample_message {
  std::unique_ptr<whole_message> message;
  message_key key;
};

/// Of both scalars, of several sizes, whole and of one player.
std::vector<sample_message> all_samples() {
  auto const c = SADDLE_FUZZED;
  using C = std::remove_const_t<decltype(c)>;
  std::vector<sample_message> all;
  for (players const sizes : {players{3, 0}, players{200, 0}, players{130, 5}})
    for (int const player : {-1, 0, 1})
      for (bool const is_double : {false, true}) {
        if (player >= 0 && sizes.of(player) == 0) continue;
        std::unique_ptr<whole_message> m;
        if (is_double) m = std::make_unique<message_of<C, double>>(c, sizes);
        else m = std::make_unique<message_of<C, float>>(c, sizes);
        message_key const key{.part = m->layout.of(player), .exchange = 41, .sender = 3};
        m->encode(key.part);
        m->seal(key, {});
        all.push_back({std::move(m), key});
      }
  return all;
}

bool opens(whole_message& m, message_key const& key, bool by_server) {
  try {
    m.open(key, by_server);
    return true;
  } catch (bad_message const&) {
    return false;
  }
}

/// Changes the bits that are set in the first bytes of the input.
void flip(std::span<std::byte> bytes, std::span<std::byte const> input) {
  std::size_t const n = std::min(bytes.size(), input.size());
  for (std::size_t i = 0; i < n; ++i) bytes[i] ^= input[i];
}

void require(bool holds) {
  if (!holds) __builtin_trap();
}

}  // namespace

/// The input says which message, who speaks, of whom, and which bits flip: of the header, or of the planes under a
/// checksum that holds.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  static std::vector<sample_message> const samples = all_samples();
  if (size < 4) return 0;
  auto const& [message, key] = samples[data[0] % samples.size()];
  bool const by_server = data[1] & 1, has_status = data[1] & 2, flips_header = data[1] & 4;
  auto const at = static_cast<std::int8_t>(data[2]), blamed = static_cast<std::int8_t>(data[3]);
  message_status const status = has_status ? message_status{2 * at, blamed} : message_status{};
  auto const flips = std::as_bytes(std::span(data, size)).subspan(4);

  whole_message& m = *message;
  auto const planes = m.planes;
  if (!flips_header) flip(m.planes, flips);
  m.seal(key, status);
  if (flips_header) flip(std::as_writable_bytes(std::span(&m.header, 1)), flips);
  if (opens(m, key, by_server)) {
    bool const is_own = !has_status || blamed == key.sender;
    require(is_own || (by_server && 0 <= blamed && blamed < key.sender));
    if (is_own)  // or nobody decodes it
      for (double const v : m.decode(key.part)) require(std::isfinite(v));
  }
  m.planes = planes;
  return 0;
}
