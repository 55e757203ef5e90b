// Vectors that are compressed and decompressed by hand.
#include "saddle/codec/compress.hpp"

#include <doctest/doctest.h>
#include <zlib.h>  // has a function of this name

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "../compressor/whole_message.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/topology/parameter_server.hpp"
#include "saddle/train/trainer.hpp"
#include "saddle/transport/loopback.hpp"
#include "vectors.hpp"

using namespace saddle;
using vectors::copy_of;
using vectors::normals;

namespace {

dither_key const key{.seed = 11, .exchange = 5, .sender = 2};

template <class T>
using vec = std::vector<T>;

template <class T>
vec<T> sum(vec<T> a, vec<T> const& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] += b[i];
  return a;
}
template <class T>
vec<T> difference(vec<T> a, vec<T> const& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] -= b[i];
  return a;
}

/// The planes of p, whose fresh part is v, one bucket after the other on one lane. What was sent is left in `sent`.
template <class C, class T>
aligned_vector<std::byte> naive_planes(C const& c, vec<T> const& v, vec<T> const& p, vec<T>& sent) {
  constexpr int length = C::bucket == any_bucket ? default_bucket : C::bucket;
  bucket_layout const layout{{static_cast<std::int64_t>(p.size()), 0}, length};
  aligned_vector<std::byte> bytes(static_cast<std::size_t>(planes_bytes<C, T>(layout, c)));
  message_planes const planes = planes_at<C, T>(layout, bytes.data(), c);
  sent = p;
  [[maybe_unused]] auto const larger = [&](std::size_t a, std::size_t b) {
    return std::abs(p[a]) != std::abs(p[b]) ? std::abs(p[a]) > std::abs(p[b]) : a < b;
  };
  std::vector<bool> goes(p.size());
  if constexpr (selects_globally<C>) {
    vec<std::size_t> order(p.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(), larger);
    order.resize(static_cast<std::size_t>(c.kept(layout.sizes.min)));
    for (std::size_t const i : order) goes[i] = true;
  }
  std::uint32_t pairs = 0;
  for (std::int64_t n = 0; n < layout.buckets(); ++n) {
    bucket const b = layout.at(n);
    auto const message = message_at<C, T>(planes, b);
    if constexpr (selects_globally<C>) {
      message.start[0] = pairs;
      for (int i = 0; i < b.count; ++i) {
        auto const at = static_cast<std::size_t>(b.begin + i);
        if (!goes[at]) sent[at] = 0;
        else message.value[pairs] = p[at], message.index[pairs++] = static_cast<std::uint16_t>(i);
      }
      message.start[1] = pairs;
    } else {
      T fresh[length] = {}, whole[length] = {}, out[length] = {};
      std::copy_n(v.data() + b.begin, b.count, fresh);
      std::copy_n(p.data() + b.begin, b.count, whole);
      random_stream const random{key.seed, purpose::dither, key.exchange, key.sender, static_cast<std::uint64_t>(n)};
      encode_tile(c, serial_group{}, whole, fresh, out, b.count, random, message);
      std::copy_n(out, b.count, sent.data() + b.begin);
    }
  }
  return bytes;
}

template <class C>
std::string objection(C const& c, std::span<std::byte const> bytes, std::size_t n) {
  vec<float> out(n, 7.0f);
  try {
    decompress(c, bytes, out);
  } catch (bad_message const& e) {
    CHECK(out == vec<float>(n, 7.0f));  // nothing was written
    return e.what();
  }
  return "";
}
bool holds(std::string const& text, std::string const& part) { return text.find(part) != text.npos; }

/// Makes the checksum hold again.
void seal(std::vector<std::byte>& bytes) {
  compressed_header h;
  std::memcpy(&h, bytes.data(), sizeof h);
  h.message.checksum = checksum_of(h, std::span<std::byte const>(bytes).subspan(sizeof h));
  std::memcpy(bytes.data(), &h, sizeof h);
}

template <class C, class T>
void is_compressed_as_by_hand(C const& c, std::int64_t n) {
  CAPTURE(C::name());
  CAPTURE(n);
  vec<T> const v = normals<T>(n, 1);
  vec<T> sent;
  auto const planes = naive_planes(c, v, v, sent);
  compressed const message = compress(c, v, key);
  REQUIRE(message.bytes().size() == sizeof(compressed_header) + planes.size());
  CHECK(std::ranges::equal(message.bytes().subspan(sizeof(compressed_header)), planes));
  CHECK(compressed_bytes<T>(c, n) == static_cast<std::int64_t>(message.bytes().size()));
  vec<T> out(v.size(), T(7));
  decompress(c, message, out);
  CHECK(out == sent);
  CHECK(decompress<T>(c, message) == sent);
  vec<T> added(v.size(), T(1));
  decompress_add(c, message, T(0), added);
  CHECK(added == vec<T>(v.size(), T(1)));
  added.assign(v.size(), T(0));
  decompress_add(c, message, T(0.5), added);
  T most = 0;
  for (std::size_t i = 0; i < added.size(); ++i) most = std::max(most, std::abs(added[i] - T(0.5) * sent[i]));
  CHECK(most <= T(1e-5));
}

}  // namespace

TEST_CASE("a compressed vector has the planes of its buckets, encoded one by one, and decodes to what was sent") {
  vectors::with_each_compressor([](auto const& c) {
    for (std::int64_t const n : vectors::lengths()) {
      is_compressed_as_by_hand<std::remove_cvref_t<decltype(c)>, float>(c, n);
      is_compressed_as_by_hand<std::remove_cvref_t<decltype(c)>, double>(c, n);
    }
  });
}

TEST_CASE("with error feedback v + e is compressed, and what is not sent stays in the memory") {
  vectors::with_each_compressor([](auto const& c) {
    using C = std::remove_cvref_t<decltype(c)>;
    CAPTURE(C::name());
    if constexpr (contracts<C>)
      for (std::int64_t const n : {0, 1, 3, 129, 513, 4097}) {
        CAPTURE(n);
        vec<float> memory(static_cast<std::size_t>(n)), before, total = memory, received = memory;
        for (std::uint64_t step = 0; step < 4; ++step) {
          vec<float> const v = normals<float>(n, step);
          before = memory;
          vec<float> sent;
          auto const planes = naive_planes(c, v, sum(v, before), sent);
          compressed const message = compress(error_feedback{c}, v, memory, key);
          CHECK(std::ranges::equal(message.bytes().subspan(sizeof(compressed_header)), planes));
          CHECK(memory == difference(sum(v, before), sent));
          decompress_add(error_feedback{c}, message, 1.0f, received);
          total = sum(total, v);
        }
        float most = 0;  // nothing is lost: what came and what is still owed add up to all vectors
        for (std::size_t i = 0; i < total.size(); ++i)
          most = std::max(most, std::abs(total[i] - received[i] - memory[i]));
        CHECK(most <= 1e-5f);
      }
  });
}

namespace {
/// The gradient is always the same vector.
struct constant_slope {
  using scalar = float;
  vec<float> slope;
  players sizes() const { return {static_cast<std::int64_t>(slope.size()), 1}; }
  void initial(std::uint64_t, point<float> w) const {
    std::ranges::fill(w.min, 0.0f);
    std::ranges::fill(w.max, 0.0f);
  }
  void gradient(point<float const>, sample, point<float> out) const {
    std::ranges::copy(slope, out.min.begin());
    out.max[0] = 0;
  }
};
}  // namespace

TEST_CASE("what is owed is what a worker of a trainer owes that sends the same vectors") {
  vectors::with_each_compressor([](auto const& c) {
    using C = std::remove_cvref_t<decltype(c)>;
    if constexpr (contracts<C> && !selects_globally<C>) {
      CAPTURE(C::name());
      vec<float> const v = normals<float>(1000, 3);
      trainer t{constant_slope{v}, sgda{.step_size = 1}, error_feedback{c}, parameter_server<>{}, loopback{3}, cpu{},
                settings{.seed = 77}};
      vec<float> memory(1000);
      for (std::uint64_t step = 0; step < 3; ++step) {
        t.step();
        compress(error_feedback{c}, v, memory, {.seed = 77, .exchange = step, .sender = 2});
        CHECK(std::ranges::equal(t.memory(2).min, memory));
      }
    }
  });
}

TEST_CASE("a trainer's first step moves the weights by what a compressed gradient decodes to") {
  auto const check = [](auto const& c) {
    vec<float> const v = normals<float>(700, 9);
    trainer t{constant_slope{v}, sgda{.step_size = 1}, c, parameter_server<>{}, loopback{1}, cpu{},
              settings{.seed = 77}};
    t.run(1);
    auto const w = t.weights(0).min;
    vec<float> out(v.size());
    decompress(c, compress(c, v, {.seed = 77}), out);
    for (std::size_t i = 0; i < out.size(); ++i) CHECK(w[i] == -out[i]);
  };
  check(qsgd<512, 4>{});
  check(natural<>{});
  check(random_k<>{});
}

TEST_CASE("vectors begin anywhere, and so do received bytes") {
  vectors::with_each_compressor([](auto const& c) {
    CAPTURE(c.name());
    vec<float> const v = normals<float>(1003, 1);
    for (std::size_t const from : {1u, 2u, 3u}) {
      std::span<float const> const part = std::span(v).subspan(from, 997);
      compressed const message = compress(c, part, key);
      vec<float> const copy(part.begin(), part.end());
      CHECK(copy_of(message) == copy_of(compress(c, copy, key)));
      std::vector<std::byte> wire(message.bytes().size() + from);
      std::ranges::copy(message.bytes(), wire.begin() + static_cast<std::ptrdiff_t>(from));
      vec<float> out(1000, 3.0f);
      decompress(c, std::span<std::byte const>(wire).subspan(from), std::span(out).subspan(from, 997));
      CHECK(std::ranges::equal(std::span(out).subspan(from, 997), decompress<float>(c, message)));
      for (std::size_t i = 0; i < 1000; ++i)
        if (i < from || i >= from + 997) CHECK(out[i] == 3.0f);
    }
  });
}

TEST_CASE("a codec gives the same bytes as a single call, whatever it compressed before") {
  vectors::with_each_compressor([](auto const& c) {
    using C = std::remove_cvref_t<decltype(c)>;
    CAPTURE(C::name());
    codec<C, float> again(c, cpu{.threads = 2});
    for (std::int64_t const n : {4097, 1, 0, 513, 513, 4097, 300}) {
      vec<float> const v = normals<float>(n, static_cast<std::uint64_t>(n));
      compressed const& message = again.compress(v, key);
      CHECK(copy_of(message) == copy_of(compress(c, v, key)));
      CHECK(again.bytes(n) == static_cast<std::int64_t>(message.bytes().size()));
      vec<float> out(v.size());
      again.decompress(message.bytes(), out);
      CHECK(out == decompress<float>(c, message));
    }
  });
}

TEST_CASE("other keys draw other bits, and a receiver need not know them") {
  vec<float> const v = normals<float>(512, 1);
  auto const check = [&](auto const& c) {
    std::vector<dither_key> const keys{{.seed = 1},
                                       {.seed = 2},
                                       {.seed = 1, .exchange = 1},
                                       {.seed = 1, .sender = 1},
                                       {.seed = 1, .exchange = (std::uint64_t{1} << 40) - 1, .sender = (1u << 24) - 1}};
    for (auto const& a : keys)
      for (auto const& b : keys)
        CHECK((decompress<float>(c, compress(c, v, a)) == decompress<float>(c, compress(c, v, b))) == (a == b));
    CHECK_THROWS_AS(compress(c, v, {.exchange = std::uint64_t{1} << 40}), std::invalid_argument);
    CHECK_THROWS_AS(compress(c, v, {.sender = 1u << 24}), std::invalid_argument);
  };
  check(qsgd<512, 4>{});
  check(natural<>{});
  check(random_k<512, 8>{});
  check(random_k<512, 8, scaling::plain>{});
  // The mean over the keys is the vector.
  vec<float> mean(v.size());
  for (std::uint64_t i = 0; i < 4000; ++i)
    decompress_add(qsgd<512, 4>{}, compress(qsgd<512, 4>{}, v, {.exchange = i}), 1.0f / 4000, mean);
  for (std::size_t i = 0; i < v.size(); ++i) CHECK(std::abs(mean[i] - v[i]) < 0.04f);
  static_assert(draws_random_bits<qsgd<512, 8>> && draws_random_bits<random_k<512, 8, scaling::plain>> &&
                !draws_random_bits<qsgd<512, 8, rounding::nearest>> && !draws_random_bits<identity>);
}

TEST_CASE("arrays and spans of either number go, and without a key where no bits are drawn") {
  std::array<double, 3> const v{1, -2, 3};
  double out[3];
  decompress(top_k<128, 1>{}, compress(top_k<128, 1>{}, v), out);
  CHECK(out[0] == 0);
  CHECK(out[1] == 0);
  CHECK(out[2] == 3);
  std::array<double, 3> memory{};
  compressed const message = compress(error_feedback{top_k<128, 1>{}}, std::span(v), std::span<double>(memory));
  CHECK(memory == std::array<double, 3>{1, -2, 0});
  CHECK(decompress<double>(error_feedback{top_k<128, 1>{}}, message) == vec<double>{0, 0, 3});
  codec<top_k<128, 1>, double> c;
  c.compress(v);
  c.decompress(c.take(), out);
  CHECK(out[2] == 3);
}

TEST_CASE("a coordinate that is not finite is named, and the memory stays") {
  for (float const bad : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()})
    vectors::with_each_compressor([&](auto const& c) {
      using C = std::remove_cvref_t<decltype(c)>;
      vec<float> v = normals<float>(1000, 1);
      v[700] = v[901] = bad;
      auto const sentence = [&](auto f) {
        try {
          f();
        } catch (std::invalid_argument const& e) {
          return std::string(e.what());
        }
        return std::string();
      };
      CHECK(sentence([&] { compress(c, v, key); }) == "compress: coordinate 700 is not finite");
      if constexpr (contracts<C>) {
        codec<error_feedback<C>, float> again(error_feedback<C>{c});
        vec<float> memory(1000, 0.5f);
        CHECK(sentence([&] { again.compress(v, memory, key); }) == "compress: coordinate 700 is not finite");
        CHECK(memory == vec<float>(1000, 0.5f));
        v[700] = v[901] = memory[3] = std::numeric_limits<float>::max();
        v[3] = std::numeric_limits<float>::max();  // the sum is not
        CHECK(sentence([&] { again.compress(v, memory, key); }) == "compress: coordinate 3 is not finite");
        v[3] = 0;
        CHECK(sentence([&] { again.compress(v, memory, key); }) == "");
      }
    });
  CHECK_THROWS_AS(compress(global_top_k<>{.fraction = 2}, vec<float>(3)), std::invalid_argument);
  vec<float> short_memory(2);
  CHECK_THROWS_AS(compress(error_feedback{top_k<>{}}, vec<float>(3), short_memory), std::invalid_argument);
}

TEST_CASE("bytes that are no such vector are refused, and nothing is written") {
  vec<float> const v = normals<float>(300, 1);
  qsgd<128, 8> const c;
  std::vector<std::byte> const good = copy_of(compress(c, v, key));
  CHECK(objection(c, good, 300) == "");
  for (std::size_t n = 0; n < good.size(); n += 7) CHECK(objection(c, std::span(good).first(n), 300) != "");
  std::vector<std::byte> longer = good;
  longer.push_back({});
  CHECK(holds(objection(c, longer, 300), "the number of bytes is"));
  CHECK(holds(objection(c, std::span(good).first(79), 300), "79 bytes are too few for a header"));
  CHECK(holds(objection(c, good, 301), "the number of coordinates is 300, not 301"));
  CHECK(holds(objection(c, good, 0), "the number of coordinates is 300, not 0"));
  CHECK(holds(objection(qsgd<128, 4>{}, good, 300), "the checksum of the compressor's name"));
  CHECK(holds(objection(qsgd<128, 8, rounding::nearest>{}, good, 300), "the checksum of the compressor's name"));
  vec<double> doubles(300);
  CHECK_THROWS_AS(decompress(c, good, doubles), bad_message);
  CHECK_THROWS_AS(decompress<double>(c, good), bad_message);
  for (std::size_t bit = 0; bit < 8 * good.size(); bit += 5) {
    std::vector<std::byte> bad = good;
    bad[bit / 8] ^= std::byte{1} << (bit % 8);
    CHECK(objection(c, bad, 300) != "");
  }
  // Behind a checksum that holds.
  auto const header = [&](auto change) {
    std::vector<std::byte> bad = good;
    compressed_header h;
    std::memcpy(&h, bad.data(), sizeof h);
    change(h);
    std::memcpy(bad.data(), &h, sizeof h);
    seal(bad);
    return objection(c, bad, 300);
  };
  CHECK(header([](compressed_header&) {}) == "");
  CHECK(holds(header([](compressed_header& h) { h.message.magic[3] = 'M'; }), "it does not begin as one does"));
  CHECK(holds(header([](compressed_header& h) { h.message.wire_version = 2; }), "the wire version"));
  CHECK(holds(header([](compressed_header& h) { h.message.first_bucket = 1; }), "the first bucket"));
  CHECK(holds(header([](compressed_header& h) { h.message.exchange = -1; }), "out of range"));
  CHECK(holds(header([](compressed_header& h) { h.message.sender = 1 << 24; }), "out of range"));
  CHECK(holds(header([](compressed_header& h) { h.message.non_finite = 3; }), "the status"));
  std::vector<std::byte> bad = good;
  float const infinite = std::numeric_limits<float>::infinity();
  std::memcpy(bad.data() + sizeof(compressed_header) + 4, &infinite, 4);
  seal(bad);
  CHECK(objection(c, bad, 300) == "compressed vector: the last level is negative or not finite in bucket 1");
  // A length that memory would not hold is not believed.
  std::memcpy(&bad[0], good.data(), good.size());
  std::int64_t const huge = std::int64_t{1} << 60;
  std::memcpy(bad.data() + offsetof(message_header, coordinates), &huge, 8);
  seal(bad);
  CHECK_THROWS_AS(decompress<float>(c, bad), bad_message);
}

TEST_CASE("whatever the planes hold, they are refused or decode to finite numbers") {
  vectors::with_each_compressor([](auto const& c) {
    CAPTURE(c.name());
    vec<float> const v = normals<float>(300, 1);
    std::vector<std::byte> const good = copy_of(compress(c, v, key));
    random_sequence random({.use = purpose::evaluation});
    int accepted = 0;
    for (int round = 0; round < 300; ++round) {
      std::vector<std::byte> bad = good;
      for (int change = 0; change < 4; ++change) {
        auto const room = static_cast<std::uint32_t>(bad.size() - sizeof(compressed_header));
        bad[sizeof(compressed_header) + random.below(room)] = static_cast<std::byte>(random.below(256));
      }
      seal(bad);
      vec<float> out(300);
      try {
        decompress(c, bad, out);
        ++accepted;
      } catch (bad_message const&) {
      }
      CHECK(std::ranges::all_of(out, [](float x) { return std::isfinite(x); }));
    }
    CHECK(accepted > 0);
  });
}
