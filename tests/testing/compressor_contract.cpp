#include "saddle/testing/compressor_contract.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>

#include "../../examples/half_of_largest.hpp"

using namespace saddle;
using saddle::testing::broken_promise;

namespace {

bool says(std::string const& why, char const* what) {
  CAPTURE(why);
  CHECK(why.starts_with(what));
  return why.starts_with(what);
}

// Compressors that lie, each in one way.
struct contracts_less : top_k<128, 4> {
  static constexpr double delta = 5.0 / 128;
};
struct signs_that_contract_less : scaled_sign<128> {
  static constexpr double delta = 1.2 / 128;
};
struct contracts_less_on_average : random_k<128, 16, scaling::plain> {
  static constexpr double delta = 0.3;
};
struct largest_of_all : global_top_k<128> {
  static constexpr double delta = 0.02;
};
struct varies_more : qsgd<128, 4> {
  static constexpr double omega = 0.2;
};
struct is_biased : qsgd<512, 4, rounding::nearest> {
  static constexpr double omega = 1.2;
};
struct rounds_and_is_exact : qsgd<128, 8> {
  static constexpr double delta = 1, omega = 0;
};
struct is_biased_and_keeps_values : top_k<128, 4> {
  static constexpr double omega = 31;
};

/// `sent` is not what goes.
struct keeps_something_else : identity {
  template <cooperative_group G, class T, int Items>
  SADDLE_HD void encode(G const& g, T const (&p)[Items], T (&sent)[Items], int count, random_stream const&,
                        message<T> out) const {
    for_each_item<Items>(g, count, [&](int k, int i) {
      out.value[i] = p[k];
      sent[k] = p[k] * T(1.0001);
    });
  }
};
struct lets_anything_pass : identity {
  template <class T>
  char const* flaw_in(message<T>, int) const {
    return nullptr;
  }
};
struct refuses_itself : identity {
  template <class T>
  char const* flaw_in(message<T> in, int count) const {
    return in.value[count - 1] < 0 ? "it is negative" : nullptr;
  }
};
/// Writes one number too many.
struct writes_too_far : scaled_sign<128> {
  template <cooperative_group G, class T, int Items>
  SADDLE_HD void encode(G const& g, T const (&p)[Items], T (&sent)[Items], int count, random_stream const& random,
                        message<T> out) const {
    scaled_sign<128>::encode(g, p, sent, count, random, out);
    if (g.lane() == 0) out.scale[1] = T(0);
  }
};
struct says_more_payload : identity {
  template <class T>
  static constexpr std::int64_t payload(int count) {
    return 9 * count + 2000;
  }
};

}  // namespace

TEST_CASE("a compressor of one's own that keeps its promises") {
  CHECK(broken_promise(half_of_largest<>{}) == "");
  CHECK(broken_promise(half_of_largest<512>{}) == "");
  CHECK(broken_promise(global_top_k<>{.fraction = 0.1}) == "");
}

TEST_CASE("a delta that is too large is found") {
  CHECK(says(broken_promise(contracts_less{}), "delta = 0.039062 is too large"));
  CHECK(says(broken_promise(signs_that_contract_less{}), "delta = 0.009375 is too large"));
  CHECK(says(broken_promise(contracts_less_on_average{}), "delta = 0.300000 is too large"));
  CHECK(says(broken_promise(largest_of_all{{.fraction = 0.01}}), "delta = 0.020000 is too large"));
}

TEST_CASE("an omega that is too small, or that a biased compressor states, is found") {
  CHECK(says(broken_promise(varies_more{}), "omega = 0.200000 is too small"));
  CHECK(says(broken_promise(is_biased{}), "omega is stated, but the mean over the random bits is not the vector"));
  CHECK(says(broken_promise(rounds_and_is_exact{}), "delta = 1 and omega = 0 are stated, and something of this input"));
  CHECK(says(broken_promise(is_biased_and_keeps_values{}),
             "omega is stated, but the mean over the random bits is not the vector"));
}

TEST_CASE("messages that are not what they should be are found") {
  CHECK(says(broken_promise(keeps_something_else{}), "`sent` is not what the message decodes to"));
  CHECK(says(broken_promise(lets_anything_pass{}), "flaw_in lets pass what does not decode to finite numbers"));
  CHECK(says(broken_promise(refuses_itself{}), "flaw_in refuses what encode wrote"));
  CHECK(says(broken_promise(writes_too_far{}), "encode writes outside of the bucket's part of a plane"));
  CHECK(says(broken_promise(says_more_payload{}), "payload is more than what encode writes"));
}

TEST_CASE("a domain leaves out what a compressor does not promise") {
  CHECK(broken_promise(bfloat{}) != "");  // double beyond a float's range
  CHECK(broken_promise(bfloat{}, {.smallest = 1.2e-38, .largest = 3e38}) == "");
}
