// Every compressor's encode and add on eight threads, under the thread sanitizer and equal to one lane's.
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "saddle/compressor/adacomp_residual.hpp"
#include "saddle/compressor/bfloat.hpp"
#include "saddle/compressor/half.hpp"
#include "saddle/compressor/identity.hpp"
#include "saddle/compressor/natural.hpp"
#include "saddle/compressor/qsgd.hpp"
#include "saddle/compressor/random_k.hpp"
#include "saddle/compressor/scaled_sign.hpp"
#include "saddle/compressor/top_k.hpp"
#include "saddle/core/counter_rng.hpp"
#include "saddle/lanes/serial.hpp"
#include "saddle/lanes/threads.hpp"

namespace {

using namespace saddle;

/// One bucket's message, and what adding it to 1, 1, ... gives; nothing but shared memory between the two.
template <int Bucket>
struct result {
  std::vector<std::byte> message;
  std::vector<float> sent, sum;
  friend bool operator==(result const&, result const&) = default;
};

template <class C, int Bucket, class G>
void encode_and_add(G const& g, bucket_layout const& layout, std::vector<float> const& x, result<Bucket>& r) {
  constexpr int Items = Bucket / G::lanes;
  bucket const b = layout.at(0);
  auto const message = message_at<C, float>(planes_at<C, float>(layout, r.message.data()), b);
  float p[Items], sent[Items], acc[Items];
  for_each_item<Items>(g, b.count, [&](int k, int i) { p[k] = x[static_cast<std::size_t>(i)], acc[k] = 1; });
  random_stream const random{.seed = 3, .bucket = 1};
  encode_tile(C{}, g, p, p, sent, b.count, random, message);
  g.sync();
  add_decoded(C{}, g, message, b.count, random, 0.25f, acc);
  for_each_item<Items>(g, b.count, [&](int k, int i) {
    r.sent[static_cast<std::size_t>(i)] = sent[k];
    r.sum[static_cast<std::size_t>(i)] = acc[k];
  });
}

template <class C, int Bucket = 512>
int failures() {
  int wrong = 0;
  for (int const count : {1, 5, 128, 300, Bucket}) {
    bucket_layout const layout{{count, 0}, Bucket};
    std::vector<float> x;
    random_sequence draw({.seed = 11, .bucket = static_cast<std::uint64_t>(count)});
    for (int i = 0; i < count; ++i)
      x.push_back(i % 3 ? static_cast<float>(draw.normal()) : 1.0f);  // with ties
    result<Bucket> const blank{
        std::vector<std::byte>(static_cast<std::size_t>(planes_bytes<C, float>(layout))),
        std::vector<float>(x.size()), std::vector<float>(x.size())};
    auto one = blank, eight = blank;
    encode_and_add<C>(serial_group{}, layout, x, one);
    run_lanes<8>([&](thread_group<8> const& g) { encode_and_add<C>(g, layout, x, eight); });
    if (one != eight) {
      std::printf("%s, count %d: other bits on eight lanes\n", C::name().c_str(), count);
      ++wrong;
    }
  }
  return wrong;
}

}  // namespace

int main() {
  int const wrong = failures<identity>() + failures<bfloat>() + failures<half<512>>() + failures<natural<512>>() +
                    failures<scaled_sign<512>>() + failures<top_k<512, 8>>() + failures<top_k<512, 100>>() +
                    failures<adacomp_residual<512, 8>>() + failures<adacomp_residual<512, 200>>() +
                    failures<random_k<512, 64>>() + failures<qsgd<512, 2>>() + failures<qsgd<512, 4>>() +
                    failures<qsgd<512, 8>>() + failures<qsgd<512, 8, rounding::nearest, norm::euclidean>>();
  return wrong > 0;
}
