// Messages that leave the process and come to it. Built a second time under the address and undefined-behaviour
// sanitizers.
#include "saddle/compressor/message.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "saddle/compressor/global_top_k.hpp"
#include "saddle/compressor/adacomp_residual.hpp"
#include "saddle/compressor/bfloat.hpp"
#include "saddle/compressor/half.hpp"
#include "saddle/compressor/identity.hpp"
#include "saddle/compressor/natural.hpp"
#include "saddle/compressor/random_k.hpp"
#include "saddle/compressor/qsgd.hpp"
#include "saddle/compressor/scaled_sign.hpp"
#include "saddle/compressor/top_k.hpp"
#include "saddle/core/counter_rng.hpp"
#include "../nightly.hpp"
#include "whole_message.hpp"

using namespace saddle;

namespace {

using bytes = std::vector<std::byte>;

message_key key_of(bucket_range const& part) { return {.part = part, .exchange = 41, .sender = 3}; }

/// f(message, part), encoded and sealed: every compressor with every scalar, sizes around a bucket and a block, whole,
/// one player's buckets and, where a message may be cut, a server's part of them. At last two players of tensors.
void with_each_message(std::function<void(whole_message&, bucket_range const&)> const& f) {
  tensor_sizes const tensors{std::vector<std::int64_t>{1, 130, 2}, std::vector<std::int64_t>{5, 129}};
  for (players const sizes :
       {players{1, 0}, players{0, 2}, players{127, 128}, players{129, 3}, players{128, 130}, players{133, 134}}) {
    std::vector<std::unique_ptr<whole_message>> all;
    auto const add = [&](auto const& c) {
      using C = std::remove_cvref_t<decltype(c)>;
      tensor_sizes const kept_apart = sizes.min == 133 ? tensors : tensor_sizes{};
      all.push_back(std::make_unique<message_of<C, float>>(c, sizes, kept_apart));
      all.push_back(std::make_unique<message_of<C, double>>(c, sizes, kept_apart));
    };
    add(identity{});
    add(qsgd<128, 2>{});
    add(qsgd<128, 4, rounding::nearest>{});
    add(qsgd<128, 8, rounding::dithered, norm::euclidean>{});
    add(scaled_sign<128>{});
    add(top_k<128, 3>{});
    add(natural<128>{});
    add(half<128>{});
    add(bfloat{});
    add(random_k<128, 5>{});
    add(adacomp_residual<128, 4>{});
    add(global_top_k<128>{.fraction = 0.03});
    add(global_top_k<128>{.fraction = 0.03, .counts = kept_count::floor});
    add(global_top_k<128>{.fraction = 1});
    for (auto const& m : all) {
      bucket_layout const& l = m->layout;
      std::vector<bucket_range> parts{l.of(-1), l.of(0), l.of(1)};
      if (l.buckets() > 2 && !m->selects()) parts.push_back({1, 2}), parts.push_back({1, 3});
      for (bucket_range const& part : parts) {
        if (part.first == part.last) continue;
        std::fill(m->planes.begin(), m->planes.end(), std::byte{0xA5});  // the padding may hold anything
        m->encode(part);
        m->seal(key_of(part));
        CAPTURE(m->name());
        CAPTURE(m->scalar_bytes());
        CAPTURE(sizes.min);
        CAPTURE(sizes.max);
        CAPTURE(part.first);
        CAPTURE(part.last);
        f(*m, part);
      }
    }
  }
}

/// All that travels, where it lies.
std::vector<std::span<std::byte>> pieces(whole_message& m, bucket_range const& part) {
  auto all = m.parts(part);
  all.insert(all.begin(), std::as_writable_bytes(std::span(&m.header, 1)));
  return all;
}
bytes gather(whole_message& m, bucket_range const& part) {
  bytes wire;
  for (auto const& piece : pieces(m, part)) wire.insert(wire.end(), piece.begin(), piece.end());
  return wire;
}
/// The first of it, put where it belongs.
void scatter(std::span<std::byte const> wire, whole_message& m, bucket_range const& part) {
  for (auto const& piece : pieces(m, part)) {
    std::size_t const n = std::min(piece.size(), wire.size());
    std::copy_n(wire.data(), n, piece.data());
    wire = wire.subspan(n);
  }
}

/// What opening it says is wrong with it; empty if it opens.
std::string objection(whole_message& m, message_key const& key, bool by_server = false) {
  try {
    m.open(key, by_server);
    return "";
  } catch (bad_message const& e) {
    return e.what();
  }
}
bool opens(whole_message& m, bucket_range const& part) { return objection(m, key_of(part)).empty(); }
bool holds(std::string const& text, std::string const& part) { return text.find(part) != text.npos; }

/// The same bytes, but their checksum holds again.
std::string objection_behind_the_checksum(whole_message& m, bucket_range const& part) {
  m.seal(key_of(part));
  return objection(m, key_of(part));
}

}  // namespace

TEST_CASE("a message decodes on the other side to what it decodes to here") {
  with_each_message([](whole_message& m, bucket_range const& part) {
    bytes const wire = gather(m, part);
    auto const here = m.decode(part);
    CHECK(std::any_of(here.begin(), here.end(), [](double v) { return v != 0; }));
    std::fill(m.planes.begin(), m.planes.end(), std::byte{0x3C});
    m.header = {};
    scatter(wire, m, part);
    REQUIRE(opens(m, part));
    CHECK(m.decode(part) == here);
    CHECK(gather(m, part) == wire);

    CHECK(std::string(reinterpret_cast<char const*>(wire.data()), 4) == "SADM");
    CHECK(m.header.wire_version == 1);
    CHECK(m.header.scalar_bytes == m.scalar_bytes());
    CHECK(m.header.first_bucket == part.first);
    std::int64_t coordinates = 0;
    for (std::int64_t i = part.first; i < part.last; ++i) coordinates += m.layout.at(i).count;
    CHECK(m.header.coordinates == coordinates);
    CHECK(m.header.exchange == 41);
    CHECK(m.header.sender == 3);
    CHECK(m.header.non_finite == no_coordinate);
  });
}

TEST_CASE("what travels is counted, ascends, and parts of a message have nothing in common") {
  with_each_message([](whole_message& m, bucket_range const& all) {
    if (all != m.layout.of(-1)) return;
    std::vector<int> owners(m.planes.size(), 0);
    auto const visit = [&](bucket_range const& part, int owner) {
      std::byte const* end = m.planes.data();
      std::int64_t sum = 64;
      for (auto const& piece : m.parts(part)) {
        CHECK(!piece.empty());
        CHECK(piece.data() >= end);
        end = piece.data() + piece.size();
        REQUIRE(end <= m.planes.data() + m.planes.size());
        sum += static_cast<std::int64_t>(piece.size());
        for (std::byte const& b : piece) owners[static_cast<std::size_t>(&b - m.planes.data())] += owner;
      }
      CHECK(sum == m.wire_bytes(part));
    };
    visit(all, 1);
    std::size_t const idle = static_cast<std::size_t>(std::count(owners.begin(), owners.end(), 0));
    CHECK(idle < 16 * most_planes);
    if (m.selects()) return;  // all pairs begin where their plane does
    for (std::int64_t i = 0; i < all.last; ++i) visit({i, i + 1}, 10);
    CHECK(std::count(owners.begin(), owners.end(), 11) + static_cast<std::ptrdiff_t>(idle) ==
          static_cast<std::ptrdiff_t>(owners.size()));
  });
}

TEST_CASE("a bit that flips on the way is noticed, wherever it is") {
  with_each_message([](whole_message& m, bucket_range const& part) {
    int const stride = is_nightly() ? 1 : 7;  // all bits, or one of seven: in turn each of a byte
    int missed = 0, next = 0;
    for (auto const& piece : pieces(m, part))
      for (std::byte& b : piece) {
        for (; next < 8; next += stride) {
          b ^= std::byte{1} << next;
          missed += opens(m, part);
          b ^= std::byte{1} << next;
        }
        next -= 8;
      }
    CHECK(missed == 0);
    CHECK(opens(m, part));
  });
}

TEST_CASE("what does not travel is not read") {
  with_each_message([](whole_message& m, bucket_range const& part) {
    bytes const wire = gather(m, part);
    auto const before = m.decode(part);
    for (int const fill : {0x00, 0xFF}) {
      std::fill(m.planes.begin(), m.planes.end(), static_cast<std::byte>(fill));
      scatter(wire, m, part);
      CHECK(opens(m, part));
      CHECK(m.decode(part) == before);
    }
  });
}

TEST_CASE("a message that ends too early is noticed at every length") {
  with_each_message([](whole_message& m, bucket_range const& part) {
    bytes const wire = gather(m, part);
    int missed = 0;
    for (auto const& piece : pieces(m, part))
      for (std::byte& b : piece) b = ~b;  // where nothing comes lies anything but what should have come
    for (std::size_t n = 0; n < wire.size(); ++n) {
      scatter(std::span(wire).first(n), m, part);
      missed += opens(m, part);
    }
    CHECK(missed == 0);
    scatter(wire, m, part);
    CHECK(opens(m, part));
  });
}

TEST_CASE("whatever bytes have a checksum that holds: they are refused, or what they say is finite") {
  random_sequence random({.use = purpose::evaluation, .bucket = 4});
  int accepted = 0;
  with_each_message([&](whole_message& m, bucket_range const& part) {
    auto const sent = m.planes;
    for (int repeat = 0; repeat < 60; ++repeat) {
      if (repeat < 40) {  // a message with a few bytes changed
        for (int n = 0; n < 1 + repeat / 8; ++n)
          m.planes[random.below(static_cast<std::uint32_t>(sent.size()))] = static_cast<std::byte>(random.bits());
      } else {  // noise, half of the time of small numbers
        for (std::byte& b : m.planes) b = static_cast<std::byte>(repeat % 2 ? random.bits() : random.bits() % 3);
      }
      if (objection_behind_the_checksum(m, part).empty()) {
        ++accepted;
        auto const x = m.decode(part);
        CHECK(std::all_of(x.begin(), x.end(), [](double v) { return std::isfinite(v); }));
      }
      m.planes = sent;
    }
  });
  CHECK(accepted > 1000);
}

TEST_CASE("a message that is not the expected one is refused, and the reason has both values") {
  using C = qsgd<128, 4>;
  message_of<C, float> m({}, {200, 100});
  bucket_range const part{0, 2};
  m.encode(part);
  m.seal(key_of(part));
  CHECK(objection(m, {part, 41, 3}) == "");
  CHECK(objection(m, {part, 42, 3}) == "message of worker 3 in exchange 42: the exchange is 41, not 42");
  CHECK(objection(m, {part, 41, 7}) == "message of worker 7 in exchange 41: the sender is 3, not 7");
  CHECK(objection(m, {part, 41, 7}, true) == "message of the server in exchange 41: the sender is 3, not 7");
  CHECK(holds(objection(m, {{1, 2}, 41, 3}), "the first bucket is 0, not 1"));
  CHECK(holds(objection(m, {{0, 3}, 41, 3}), "the number of coordinates is 200, not 300"));

  auto const read_as = [&](auto const& c, auto scalar) {
    message_of<std::remove_cvref_t<decltype(c)>, decltype(scalar)> n(c, {200, 100});
    n.header = m.header;
    return objection(n, key_of(part));
  };
  CHECK(holds(read_as(C{}, 1.0f), "the checksum is "));
  CHECK(holds(read_as(C{}, 1.0), "the size of a number is 4, not 8"));
  CHECK(holds(read_as(qsgd<128, 8>{}, 1.0f), "the checksum of the compressor's name is "));
  CHECK(holds(read_as(qsgd<128, 4, rounding::nearest>{}, 1.0f), "the compressor's name"));
  CHECK(holds(read_as(qsgd<128, 4, rounding::dithered, norm::euclidean>{}, 1.0f), "the compressor's name"));
}

TEST_CASE("a header that says what no sender says is refused, though its checksum may hold") {
  message_of<identity, float> m({}, {5, 0});
  message_key const key = key_of({0, 1});
  auto const objection_to = [&](auto change, bool by_server = false) {
    m.seal(key);
    change(m.header);
    m.header.checksum = checksum_of(m.header, m.parts(key.part));
    return objection(m, key, by_server);
  };
  CHECK(objection_to([](message_header&) {}) == "");
  CHECK(holds(objection_to([](message_header& h) { h.magic[3] = 'X'; }), "it does not begin as a message does"));
  CHECK(holds(objection_to([](message_header& h) { h.wire_version = 2; }), "the wire version is 2, not 1"));

  auto const status = [&](std::int64_t non_finite, int blamed) {
    return [=](message_header& h) {
      h.non_finite = non_finite;
      h.blamed = blamed;
    };
  };
  for (bool const by_server : {false, true}) {
    CHECK(objection_to(status(0, 3), by_server) == "");
    CHECK(objection_to(status(127, 3), by_server) == "");
    CHECK(holds(objection_to(status(-1, 3), by_server), "its status names coordinate -1 of 128"));
    CHECK(holds(objection_to(status(128, 3), by_server), "its status names coordinate 128 of 128"));
    CHECK(holds(objection_to(status(0, -1), by_server), "its status speaks of worker -1"));
    CHECK(holds(objection_to(status(0, 4), by_server), "its status speaks of worker 4"));
  }
  CHECK(holds(objection_to(status(0, 2)), "its status speaks of worker 2"));
  CHECK(objection_to(status(0, 2), true) == "");
  CHECK(objection_to(status(0, 0), true) == "");
}

TEST_CASE("only where the server blames a worker is it no matter what the buckets hold") {
  message_of<top_k<128, 8>, float> m({}, {200, 100});
  std::fill(m.planes.begin(), m.planes.end(), std::byte{0xFF});
  message_key const key = key_of({2, 3});
  m.seal(key, {.non_finite = 301, .blamed = 1});
  CHECK(objection(m, key, true) == "");
  CHECK(holds(objection(m, key, false), "its status speaks of worker 1"));
  m.seal(key, {.non_finite = 301, .blamed = 3});
  CHECK(holds(objection(m, key, true), "bucket 2"));
  CHECK(holds(objection(m, key, false), "bucket 2"));
  m.encode(key.part);
  m.seal(key, {.non_finite = 301, .blamed = 3});
  CHECK(objection(m, key, false) == "");
  CHECK(m.header.non_finite == 301);
}

TEST_CASE_TEMPLATE("what is wrong with a bucket is found behind the checksum", T, float, double) {
  using limits = std::numeric_limits<T>;
  players const sizes{130, 200};  // buckets of 128, 2, 128 and 72
  // change(bucket's part) must be refused for `why` in the last bucket of each player, and in the part it is in.
  auto const refuses = [&](auto const& c, auto change, std::string const& why) {
    message_of<std::remove_cvref_t<decltype(c)>, T> m(c, sizes);
    for (std::int64_t const i : {1, 3})
      for (int const player : {-1, i == 1 ? 0 : 1}) {
        bucket_range const part = m.layout.of(player);
        m.encode(part);
        CHECK(objection_behind_the_checksum(m, part) == "");
        change(m.at(i));
        std::string const text = objection_behind_the_checksum(m, part);
        CAPTURE(text);
        CHECK(holds(text, why + " in bucket " + std::to_string(i)));
      }
  };
  auto const accepts = [&](auto const& c, auto change) {
    message_of<std::remove_cvref_t<decltype(c)>, T> m(c, sizes);
    m.encode({0, 4});
    change(m.at(3));
    CHECK(objection_behind_the_checksum(m, {0, 4}) == "");
  };
  for (T const bad : {limits::infinity(), -limits::infinity(), limits::quiet_NaN()}) {
    refuses(identity{}, [&](auto in) { in.value[1] = bad; }, "a value is not finite");
    refuses(top_k<128, 2>{}, [&](auto in) { in.value[1] = bad; }, "a value is not finite");
    refuses(global_top_k<128>{.fraction = 1}, [&](auto in) { in.value[in.start[0]] = bad; }, "a value is not finite");
    refuses(qsgd<128, 4>{}, [&](auto in) { *in.unit = bad; }, "the last level is negative or not finite");
    refuses(scaled_sign<128>{}, [&](auto in) { *in.scale = bad; }, "the scale is negative or not finite");
  }
  refuses(qsgd<128, 4>{}, [](auto in) { *in.unit = -limits::min(); }, "the last level is negative or not finite");
  refuses(qsgd<128, 4>{}, [](auto in) { *in.unit = limits::max() / 6; }, "the last level is negative or not finite");
  accepts(qsgd<128, 4>{}, [](auto in) { *in.unit = limits::max() / 8; });
  refuses(scaled_sign<128>{}, [](auto in) { *in.scale = T(-1); }, "the scale is negative or not finite");
  accepts(scaled_sign<128>{}, [](auto in) { *in.scale = limits::max(); });

  std::string const wrong = "the indices of a bucket do not ascend or leave it";
  auto const pair = [](int first, int second) {
    return [=](auto in) {
      in.index[0] = static_cast<std::uint16_t>(first);
      in.index[1] = static_cast<std::uint16_t>(second);
    };
  };
  refuses(top_k<128, 2>{}, pair(1, 1), wrong);
  refuses(top_k<128, 2>{}, pair(1, 0), wrong);
  refuses(top_k<128, 2>{}, pair(0, 72), wrong);
  refuses(top_k<128, 2>{}, pair(0, 65535), wrong);
  accepts(top_k<128, 2>{}, pair(0, 71));
  accepts(top_k<128, 2>{}, pair(70, 71));

  global_top_k<128> const all{.fraction = 1};
  refuses(all, [](auto in) { in.index[in.start[0] + 1] = 0; }, wrong);
  refuses(all, [](auto in) { in.index[in.start[1] - 1] = 72; }, wrong);
  auto const with_starts = [&](std::vector<std::uint32_t> const& start) {
    message_of<global_top_k<128>, T> m({.fraction = 0.009}, {256, 180});  // 4 pairs
    for (std::size_t i = 0; i < 4; ++i) {
      auto const in = m.at(static_cast<std::int64_t>(i));
      in.start[0] = start[i];
      in.start[1] = start[i + 1];
      for (std::uint32_t n = 0; n < 4; ++n) in.index[n] = static_cast<std::uint16_t>(n);
    }
    return objection_behind_the_checksum(m, {0, 4});
  };
  CHECK(with_starts({0, 4, 4, 4, 4}) == "");
  CHECK(with_starts({0, 0, 0, 4, 4}) == "");
  CHECK(with_starts({0, 2, 3, 3, 4}) == "");
  CHECK(holds(with_starts({1, 2, 3, 3, 4}), "the pairs do not begin with the first bucket in bucket 0"));
  std::string const loose = "the pairs of the buckets do not follow one another in bucket ";
  CHECK(holds(with_starts({0, 2, 1, 3, 4}), loose + "1"));
  CHECK(holds(with_starts({0, 2, 5, 3, 4}), loose + "1"));
  CHECK(holds(with_starts({0, 2, 3, 5, 4}), loose + "2"));
  CHECK(holds(with_starts({0, 2, 3, 0xFFFFFFFF, 4}), loose + "2"));
  CHECK(holds(with_starts({0, 2, 3, 3, 3}), "the pairs do not end with the last bucket in bucket 3"));
  CHECK(holds(with_starts({0, 2, 3, 3, 5}), "the pairs do not end with the last bucket in bucket 3"));
}
