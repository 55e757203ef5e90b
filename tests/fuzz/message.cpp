// A decoder under libFuzzer: whatever comes from another process is refused, or decodes to finite numbers in memory.
// Of the compressor that the environment variable SADDLE_FUZZED names: one program of all takes less time to
// compile than one for each.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "../compressor/whole_message.hpp"
#include "saddle/compressor/adacomp_residual.hpp"
#include "saddle/compressor/bfloat.hpp"
#include "saddle/compressor/global_top_k.hpp"
#include "saddle/compressor/half.hpp"
#include "saddle/compressor/identity.hpp"
#include "saddle/compressor/natural.hpp"
#include "saddle/compressor/qsgd.hpp"
#include "saddle/compressor/random_k.hpp"
#include "saddle/compressor/scaled_sign.hpp"
#include "saddle/compressor/top_k.hpp"

namespace {

using namespace saddle;

/// A message that was encoded and sealed.
struct sample_message {
  std::unique_ptr<whole_message> message;
  message_key key;
};

/// Of both scalars, of several sizes, whole and of one player.
template <class C>
std::vector<sample_message> samples_of(C const& c) {
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

struct fuzzed {
  std::string_view name;
  std::vector<sample_message> (*samples)();
};
constexpr fuzzed all_fuzzed[] = {
    {"identity", [] { return samples_of(identity{}); }},
    {"qsgd2", [] { return samples_of(qsgd<128, 2>{}); }},
    {"qsgd4", [] { return samples_of(qsgd<128, 4>{}); }},
    {"qsgd8", [] { return samples_of(qsgd<128, 8>{}); }},
    {"scaled_sign", [] { return samples_of(scaled_sign<128>{}); }},
    {"top_k", [] { return samples_of(top_k<128, 4>{}); }},
    {"natural", [] { return samples_of(natural<128>{}); }},
    {"half", [] { return samples_of(half<128>{}); }},
    {"bfloat", [] { return samples_of(bfloat{}); }},
    {"random_k", [] { return samples_of(random_k<128, 4>{}); }},
    {"adacomp_residual", [] { return samples_of(adacomp_residual<128, 4>{}); }},
    {"global_top_k", [] { return samples_of(global_top_k<128>{.fraction = 0.1}); }}};

std::vector<sample_message> samples() {
  char const* const asked = std::getenv("SADDLE_FUZZED");
  for (fuzzed const& one : all_fuzzed)
    if (asked != nullptr && one.name == asked) return one.samples();
  std::fputs("SADDLE_FUZZED must name a compressor of tests/fuzz/message.cpp\n", stderr);
  std::exit(1);
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
  static std::vector<sample_message> const all = samples();
  if (size < 4) return 0;
  auto const& [message, key] = all[data[0] % all.size()];
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
