#include "saddle/compressor/adacomp_residual.hpp"

#include "contract.hpp"

using namespace contract;

namespace {

/// The places that go: those that the fresh direction pushes over the largest, the largest itself, and of too many the
/// largest, of equal ones the first.
template <class T>
std::vector<int> naive_choice(std::vector<T> const& p, std::vector<T> const& v, int room) {
  T largest = 0;
  for (T x : p) largest = std::max(largest, std::abs(x));
  std::vector<int> place;
  for (int i = 0; i < static_cast<int>(p.size()); ++i) {
    T const x = p[at(i)];
    if (x != 0 && (std::abs(x + v[at(i)]) >= largest || std::abs(x) == largest)) place.push_back(i);
  }
  std::stable_sort(place.begin(), place.end(), [&](int i, int j) { return std::abs(p[at(i)]) > std::abs(p[at(j)]); });
  if (place.size() > at(room)) place.resize(at(room));
  std::sort(place.begin(), place.end());
  return place;
}

template <class G, class T, int Bucket, int Room>
void sends_the_naive_choice(adacomp_residual<Bucket, Room> const& c) {
  using limits = std::numeric_limits<T>;
  CAPTURE(c.name());
  bool const few = G::lanes > 1 && !is_nightly();  // what eight lanes send is what one sends, says the contract
  for (int count : few ? std::vector{17, Bucket} : std::vector{1, 2, 17, 127, Bucket - 1, Bucket})
    for (auto const& [name, p] : inputs<T>(count))
      for (auto const& v : {some_directions(p), p, std::vector<T>(p.size(), T(0)), normals<T>(5, count, 0.3)}) {
        CAPTURE(count);
        CAPTURE(name);
        auto r = encode_beside<G>(v, c, p);
        auto const places = naive_choice(p, v, Room);
        std::vector<std::uint16_t> pairs;
        std::vector<T> sent(p.size(), T(0));
        real sum = 0;
        for (int i : places) sum += std::abs(real(p[at(i)]));
        T const scale = *r.message().scale;
        real const mean = places.empty() ? 0 : sum / static_cast<real>(places.size());
        CHECK(std::abs(scale - mean) <= 8 * limits::epsilon() * mean + limits::denorm_min());
        for (int i : places) {
          pairs.push_back(static_cast<std::uint16_t>(i + (p[at(i)] < 0 ? 0x8000 : 0)));
          sent[at(i)] = std::copysign(scale, p[at(i)]);
        }
        CHECK(*r.message().count == places.size());
        pairs.resize(at(std::min(count, Room)), 0);
        CHECK(std::vector<std::uint16_t>(r.message().pair, r.message().pair + pairs.size()) == pairs);
        CHECK(r.sent == sent);
        CHECK(r.decoded == sent);
      }
}

}  // namespace

TEST_CASE_TEMPLATE("adacomp_residual keeps the contract", G, SADDLE_TEST_GROUPS) {
  auto const all = [](auto const& c, int room) {
    auto const payload = [room](int count, int scalar) { return scalar + 2 + 2 * std::min(room, count); };
    keeps<G, float>(c, payload);
    if (room == 16) keeps<G, double>(c, payload);
  };
  all(adacomp_residual<128, 1>{}, 1);
  all(adacomp_residual<512, 16>{}, 16);
  all(adacomp_residual<128, 128>{}, 128);
}

TEST_CASE_TEMPLATE("adacomp_residual: who goes, in what order, as what", G, SADDLE_TEST_GROUPS) {
  sends_the_naive_choice<G, float>(adacomp_residual<128, 1>{});
  sends_the_naive_choice<G, float>(adacomp_residual<512, 16>{});
  sends_the_naive_choice<G, double>(adacomp_residual<128, 128>{});
}

TEST_CASE("adacomp_residual: with nothing fresh go the largest alone, with nothing owed all above half of them") {
  auto const p = normals<float>(7, 512);
  std::vector<float> const nothing(512);
  float largest = 0;
  for (float x : p) largest = std::max(largest, std::abs(x));
  adacomp_residual<512, 512> const c;
  auto const old = encode_beside<serial_group>(nothing, c, p), fresh = encode_beside<serial_group>(p, c, p);
  for (std::size_t i = 0; i < p.size(); ++i) {
    CHECK(old.sent[i] == (std::abs(p[i]) == largest ? p[i] : 0));
    CHECK((fresh.sent[i] != 0) == (std::abs(p[i]) >= largest / 2));
  }
}

TEST_CASE("adacomp_residual: delta is approached by one large coordinate among tiny ones that fill the room") {
  auto const approaches = [](auto const& c, int room, int bucket) {
    std::vector<double> p(at(bucket), 1 - 1e-9), v(at(bucket), -0.5);
    p[0] = 1;
    for (int i = 1; i < room; ++i) p[at(i)] = 1e-9, v[at(i)] = 2;
    auto r = encode_beside<serial_group>(v, c, p);
    CHECK(*r.message().count == room);
    double const left = static_cast<double>(squared_error(p, r.sent) / squared_norm(p));
    CHECK((1 - left) / c.delta == doctest::Approx(1).epsilon(1e-6));
  };
  approaches(adacomp_residual<512, 16>{}, 16, 512);
  approaches(adacomp_residual<128, 1>{}, 1, 128);
  approaches(adacomp_residual<128, 100>{}, 64, 128);  // more than half the bucket is not the worst
}

TEST_CASE("adacomp_residual: the last place of the longest bucket, and its sign") {
  std::vector<float> p(32768), nothing(32768);
  p[0] = 2;
  p[32767] = -2;
  auto r = encode_beside<serial_group>(nothing, adacomp_residual<32768, 4>{}, p);
  CHECK(std::vector<int>(r.message().pair, r.message().pair + 4) == std::vector<int>{0, 0xFFFF, 0, 0});
  CHECK(r.decoded == p);
}
