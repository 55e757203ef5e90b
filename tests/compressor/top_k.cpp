#include "saddle/compressor/top_k.hpp"

#include "contract.hpp"

using namespace contract;

namespace {

/// The places of the K largest magnitudes; of equal ones the first.
template <class T>
std::vector<int> naive_top_k(std::vector<T> const& p, int k) {
  std::vector<int> place(p.size());
  for (std::size_t i = 0; i < p.size(); ++i) place[i] = static_cast<int>(i);
  std::stable_sort(place.begin(), place.end(), [&](int i, int j) { return std::abs(p[at(i)]) > std::abs(p[at(j)]); });
  place.resize(std::min(place.size(), at(k)));
  std::sort(place.begin(), place.end());
  return place;
}

template <class G, class T, int Bucket, int K>
void keeps_what_a_stable_sort_keeps(top_k<Bucket, K> const& c) {
  CAPTURE(c.name());
  auto const check = [&](std::vector<T> const& p) {
    auto r = encode_on<G>(c, p);
    std::vector<int> const places = naive_top_k(p, K);
    auto const kept = static_cast<std::ptrdiff_t>(places.size());
    std::vector<T> values, sent(p.size(), T(0));
    for (int i : places) {
      values.push_back(p[at(i)]);
      sent[at(i)] = p[at(i)];
    }
    CHECK(std::vector<int>(r.message().index, r.message().index + kept) == places);
    CHECK(std::vector<T>(r.message().value, r.message().value + kept) == values);
    CHECK(r.sent == sent);
    bool exact = true;  // e + sent = p: a value is either sent or kept
    for (std::size_t i = 0; i < p.size(); ++i) {
      T const e = p[i] - r.sent[i];
      exact = exact && e + r.sent[i] == p[i] && (e == 0 || r.sent[i] == 0);
    }
    CHECK(exact);
    CHECK(encode_on<G>(c, r.sent).sent == r.sent);
  };
  bool const few = G::lanes > 1 && !is_nightly();  // what eight lanes send is what one sends, says the contract
  for (int count : few ? std::vector{K + 1, Bucket} : std::vector{1, K - 1, K, K + 1, Bucket - 1, Bucket})
    if (count > 0) {
      CAPTURE(count);
      for (auto const& [name, p] : inputs<T>(count)) {
        CAPTURE(name);
        check(p);
      }
      for (std::uint64_t seed = 10; seed < (G::lanes == 1 ? 40 : 13); ++seed) check(small_integers<T>(seed, count));
    }
}

}  // namespace

TEST_CASE_TEMPLATE("top_k keeps the contract", G, SADDLE_TEST_GROUPS) {
  auto const all = [](auto const& c, int k) {
    auto const payload = [k](int count, int scalar) { return std::min(k, count) * (scalar + 2); };
    keeps<G, float>(c, payload);
    keeps<G, double>(c, payload);
  };
  all(top_k<128, 1>{}, 1);
  all(top_k<512, 16>{}, 16);
  all(top_k<128, 128>{}, 128);
}

TEST_CASE_TEMPLATE("top_k keeps what a stable sort by magnitude keeps", G, SADDLE_TEST_GROUPS) {
  keeps_what_a_stable_sort_keeps<G, float>(top_k<128, 1>{});
  keeps_what_a_stable_sort_keeps<G, float>(top_k<256, 16>{});
  keeps_what_a_stable_sort_keeps<G, double>(top_k<512, 100>{});
}

TEST_CASE("top_k: a constant bucket attains delta = K / Bucket") {
  std::vector<float> const p(512, -0.5f);
  auto const r = encode_on<serial_group>(top_k<512, 8>{}, p);
  CHECK(squared_error(p, r.sent) == (1 - real(top_k<512, 8>::delta)) * squared_norm(p));
}

TEST_CASE("top_k: the last place of the longest bucket has an index") {
  std::vector<float> p(65536, 1);
  p[65535] = -2;
  p[32768] = 3;
  auto r = encode_on<serial_group>(top_k<65536, 3>{}, p);
  CHECK(std::vector<int>(r.message().index, r.message().index + 3) == std::vector<int>{0, 32768, 65535});
  CHECK(r.decoded == r.sent);
}
