#include "saddle/compressor/random_k.hpp"

#include <set>

#include "contract.hpp"

using namespace contract;

template <int Bucket, int K>
inline constexpr bool contract::needs_the_norm<random_k<Bucket, K, scaling::unbiased>> = true;
template <int Bucket, int K>
inline constexpr bool contract::contracts_on_average<random_k<Bucket, K, scaling::plain>> = true;
template <int Bucket, int K, scaling Scaling>
inline constexpr bool contract::acts_rarely<random_k<Bucket, K, Scaling>> = true;

namespace {

constexpr auto plain = scaling::plain;

/// The places of the K largest keys, in ascending order: 16 bits of the stream's block for the place, and among equal
/// ones the place counted from where the stream's last block says.
std::vector<int> naive_places(int bucket, random_stream const& s, int count, int k) {
  std::uint32_t word[4];
  random_block(s, 65535, word);
  auto const first = static_cast<int>((std::uint64_t{word[0]} * static_cast<unsigned>(count)) >> 32);
  std::vector<std::pair<int, int>> keys(at(count));
  for (int i = 0; i < count; ++i) keys[at(i)] = {random_bits_of(bucket, s, i), (i + count - first) % count};
  std::vector<int> place(at(count));
  for (int i = 0; i < count; ++i) place[at(i)] = i;
  std::sort(place.begin(), place.end(), [&](int i, int j) { return keys[at(i)] > keys[at(j)]; });
  place.resize(at(std::min(count, k)));
  std::sort(place.begin(), place.end());
  return place;
}

template <class G, class T, int Bucket, int K, scaling Scaling>
void sends_what_the_stream_draws(random_k<Bucket, K, Scaling> const& c) {
  CAPTURE(c.name());
  for (int count : {1, K - 1, K, K + 1, 2 * K, Bucket - 1, Bucket})
    if (count > 0 && count <= Bucket)
      for (auto const& [name, p] : inputs<T>(count)) {
        CAPTURE(count);
        CAPTURE(name);
        random_stream const random{.seed = 4, .exchange = 7, .worker = 2, .bucket = static_cast<std::uint64_t>(count)};
        auto r = encode_on<G>(c, p, random);
        auto const places = naive_places(Bucket, random, count, K);
        T const up = Scaling == plain ? T(1) : T(count) / static_cast<T>(places.size());
        std::vector<T> values, sent(p.size(), T(0));
        for (int i : places) {
          T const most = std::numeric_limits<T>::max();
          values.push_back(std::clamp(p[at(i)] * up, -most, most));
          sent[at(i)] = values.back();
        }
        CHECK(std::vector<T>(r.message().value, r.message().value + places.size()) == values);
        CHECK(r.sent == sent);
        bool exact = true;  // e + sent = p: a value is either sent or kept
        for (std::size_t i = 0; i < p.size(); ++i) exact = exact && (p[i] - r.sent[i]) + r.sent[i] == p[i];
        if (Scaling == plain) CHECK(exact);
      }
}

}  // namespace

TEST_CASE_TEMPLATE("random_k keeps the contract", G, SADDLE_TEST_GROUPS) {
  auto const all = [](auto const& c, int k) {
    auto const payload = [k](int count, int scalar) { return std::min(k, count) * scalar; };
    keeps<G, float>(c, payload);
    if (k == 16) keeps<G, double>(c, payload);
  };
  all(random_k<128, 1>{}, 1);
  all(random_k<512, 16>{}, 16);
  all(random_k<512, 400>{}, 400);
  all(random_k<128, 128>{}, 128);
  all(random_k<128, 1, plain>{}, 1);
  all(random_k<512, 16, plain>{}, 16);
}

TEST_CASE_TEMPLATE("random_k sends what the stream draws", G, SADDLE_TEST_GROUPS) {
  sends_what_the_stream_draws<G, float>(random_k<128, 1>{});
  sends_what_the_stream_draws<G, float>(random_k<256, 16, plain>{});
  sends_what_the_stream_draws<G, double>(random_k<512, 100>{});
  sends_what_the_stream_draws<G, double>(random_k<128, 128, plain>{});
}

TEST_CASE("random_k: every place is drawn as often as every other, in short buckets and among ties too") {
  int const draws = 40000;
  auto const is_fair = [&](auto const& g, auto const& c, int count) {
    using C = std::remove_cvref_t<decltype(c)>;
    double const chance = static_cast<double>(C::template payload<float>(count) / 4) / count;
    std::vector<int> drawn(at(count));
    float p[C::bucket], sent[C::bucket], value[C::bucket];
    std::fill_n(p, C::bucket, 1.0f);
    for (int j = 0; j < draws; ++j) {
      c.encode(g, p, sent, count, random_stream{.seed = 3, .exchange = static_cast<std::uint64_t>(j)}, {value});
      for (int i = 0; i < count; ++i) drawn[at(i)] += sent[i] != 0;
    }
    double const sigma = std::sqrt(chance * (1 - chance) / draws);
    for (int n : drawn) CHECK(std::abs(static_cast<double>(n) / draws - chance) <= 5 * sigma);
  };
  is_fair(serial_group{}, random_k<128, 8>{}, 128);
  is_fair(serial_group{}, random_k<128, 8>{}, 100);
  is_fair(serial_group{}, random_k<128, 1>{}, 3);
  is_fair(scripted_group{{}, 9}, random_k<128, 8>{}, 128);
  is_fair(scripted_group{{}, 9}, random_k<128, 8, plain>{}, 29);
}

TEST_CASE("random_k: a constant bucket attains omega = Bucket / K - 1, and delta = K / Bucket, in every draw") {
  std::vector<float> const p(512, -0.5f);
  for (std::uint64_t j = 0; j < 100; ++j) {
    auto const unbiased = encode_on<serial_group>(random_k<512, 8>{}, p, random_stream{.exchange = j});
    CHECK(squared_error(p, unbiased.sent) == real(random_k<512, 8>::omega) * squared_norm(p));
    auto const contracting = encode_on<serial_group>(random_k<512, 8, plain>{}, p, random_stream{.exchange = j});
    CHECK(squared_error(p, contracting.sent) == (1 - real(random_k<512, 8, plain>::delta)) * squared_norm(p));
  }
  CHECK(random_k<512, 8>::omega == 63);
  CHECK(random_k<512, 8, plain>::delta == 1.0 / 64);
  CHECK(random_k<512, 384>::delta == doctest::Approx(2.0 / 3));
  CHECK_FALSE(contracts<random_k<512, 256>>);
  CHECK(is_exact<random_k<512, 512>>);
}

TEST_CASE("random_k: every exchange, worker, bucket and seed draws places of its own") {
  std::vector<float> const p(512, 1);
  std::set<std::vector<float>> seen;
  for (int i = 0; i < 5; ++i) {
    random_stream s{.seed = 1, .exchange = 10, .worker = 10, .bucket = 10};
    if (i == 1) ++s.seed;
    if (i == 2) ++s.exchange;
    if (i == 3) ++s.worker;
    if (i == 4) ++s.bucket;
    seen.insert(encode_on<serial_group>(random_k<512, 64>{}, p, s).sent);
  }
  CHECK(seen.size() == 5);
}

TEST_CASE("random_k: the longest bucket") {
  std::vector<float> p(65536, 1);
  auto const r = encode_on<serial_group>(random_k<65536, 3, plain>{}, p);
  CHECK(std::count(r.sent.begin(), r.sent.end(), 1.0f) == 3);
  CHECK(r.decoded == r.sent);
}
