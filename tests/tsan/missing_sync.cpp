// must report: data race
// scaled_sign as someone might write it: one lane writes the scale and the others read it back without a
// sync(). The sanitizer must see that, or it would not see a missing sync() in the library either.
#include <cstdint>
#include <cstdio>

#include "saddle/compressor/concept.hpp"
#include "saddle/lanes/threads.hpp"

namespace {

struct broken_sign {
  struct message {
    float* scale;
    std::uint32_t* positive;
  };
  template <saddle::cooperative_group G, int Items>
  void encode(G const& g, float const (&p)[Items], float (&sent)[Items], int count, message out) const {
    float const sum = g.template sum<Items>(count, [&](int k) { return saddle::magnitude(p[k]); });
    if (g.lane() == 0) *out.scale = sum / static_cast<float>(count);
    // Here a g.sync() is missing. The collective below passes values, but orders no memory.
    g.template store_bits<Items>(count, out.positive, [&](int k) { return p[k] >= 0; });
    saddle::for_each_item<Items>(g, count,
                                 [&](int k, int) { sent[k] = p[k] >= 0 ? *out.scale : -*out.scale; });
  }
};

}  // namespace

int main() {
  float scale = 0, received[8] = {};
  std::uint32_t positive[16];
  saddle::run_lanes<8>([&](saddle::thread_group<8> const& g) {
    float p[64], sent[64];
    for (int repeat = 0; repeat < 20; ++repeat) {
      for (int k = 0; k < 64; ++k) p[k] = static_cast<float>(k - 30);
      broken_sign{}.encode(g, p, sent, 512, {&scale, positive});
      received[g.lane()] += sent[0];
    }
  });
  std::printf("%g\n", static_cast<double>(received[7]));
}
