#include "saddle/compressor/concept.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <string>

#include "saddle/compressor/adacomp_residual.hpp"
#include "saddle/compressor/ef21.hpp"
#include "saddle/compressor/error_feedback.hpp"
#include "saddle/compressor/global_top_k.hpp"
#include "saddle/compressor/identity.hpp"
#include "saddle/compressor/qsgd.hpp"
#include "saddle/compressor/random_k.hpp"
#include "saddle/compressor/scaled_sign.hpp"
#include "saddle/compressor/top_k.hpp"

namespace concept_tests {

#ifdef __clang__
#pragma clang diagnostic ignored "-Wunused-const-variable"  // the misspelt ones
#endif

// What each name that is missing or misspelt makes of a compressor: none, by the part of the concept that says so. A
// member that a derived class hides under another kind of member is as good as missing.

using namespace saddle;

namespace {

using sign = scaled_sign<128>;
using global = global_top_k<128>;

struct misspells_delta : sign {
  struct delta;
  static constexpr double dleta = 1.0 / 128;
};
static_assert(!compressor<misspells_delta> && !states_delta<misspells_delta>);
struct misspells_omega : qsgd<128, 8> {
  struct omega;
  static constexpr double omgea = 1;
};
static_assert(!compressor<misspells_omega> && !states_omega<misspells_omega> && contracts<misspells_omega>);
struct has_a_field_for_delta : sign {
  double delta = 0.5;
};
static_assert(!compressor<has_a_field_for_delta>);

template <int Case>
struct promises : sign {
  static constexpr double delta =
      Case == 0 ? -0.1 : Case == 1 ? 1.1 : Case == 2 ? std::numeric_limits<double>::quiet_NaN() : 0.5;
  static constexpr double omega = Case == 3 ? -1 : no_omega;
};
static_assert(!compressor<promises<0>> && !compressor<promises<1>> && !compressor<promises<2>>);
static_assert(!compressor<promises<3>> && compressor<promises<4>>);
static_assert(!promises_what_can_be<promises<0>> && !promises_what_can_be<promises<3>>);
struct promises_nothing : sign {
  static constexpr double delta = no_delta, omega = no_omega;
};
static_assert(!compressor<promises_nothing> && !contracts_or_is_unbiased<promises_nothing>);

// Fields without an objection, or with one that is misspelt.
struct has_a_field : sign {
  int width = 1;
};
struct objects : has_a_field {
  char const* objection() const { return width > 0 ? nullptr : "the width is positive"; }
};
struct misspells_objection : has_a_field {
  char const* objecton() const { return nullptr; }
};
struct objects_in_a_string : has_a_field {
  std::string objection() const { return ""; }
};
static_assert(compressor<objects> && !compressor<has_a_field> && !compressor<misspells_objection>);
static_assert(!checks_its_fields<misspells_objection> && compressor<objects_in_a_string>);

// One that selects across buckets and is known by kept, encode_selected, its planes and flaw_in.
struct misspells_kept : global {
  struct kept;
  std::int64_t kpet(std::int64_t n) const { return n; }
};
static_assert(!compressor<misspells_kept> && !selects_globally_or_not_at_all<misspells_kept>);
struct keeps_an_int : global {
  int kept(std::int64_t) const { return 1; }
};
struct keeps_of_an_int : global {
  std::int64_t kept(int n) const { return n; }
};
static_assert(!compressor<keeps_an_int> && !compressor<keeps_of_an_int>);
struct misspells_encode_selected : global {
  struct encode_selected;
};
static_assert(!compressor<misspells_encode_selected> && !encodes<misspells_encode_selected>);
struct encodes_each_bucket_too : global {
  template <cooperative_group G, class T, int Items>
  SADDLE_HD void encode(G const&, T const (&)[Items], T (&)[Items], int, random_stream const&, message<T>) const {}
};
static_assert(!compressor<encodes_each_bucket_too> && !encodes_in_one_way<encodes_each_bucket_too>);
struct has_no_room_for_pairs : global {
  template <class T>
  static constexpr std::array planes{plane{.per_bucket = 4, .tail = 4}, plane{.per_bucket = sizeof(T)},
                                     plane{.per_bucket = 2}};
};
static_assert(!compressor<has_no_room_for_pairs> && !selects_globally_or_not_at_all<has_no_room_for_pairs>);
struct looks_at_a_bucket_alone : global {
  template <class T>
  char const* flaw_in(message<T>, int) const {
    return nullptr;
  }
};
static_assert(!compressor<looks_at_a_bucket_alone> && !selects_globally_or_not_at_all<looks_at_a_bucket_alone>);
struct keeps_without_selecting : sign {
  std::int64_t kept(std::int64_t n) const { return n; }
};
static_assert(!compressor<keeps_without_selecting> && !selects_globally_or_not_at_all<keeps_without_selecting>);

// Two ways to encode, or to add, of which one would be taken in silence.
struct encodes_in_two_ways : sign {
  using sign::encode;
  template <cooperative_group G, class T, int Items>
  SADDLE_HD void encode(G const&, T const (&)[Items], T const (&)[Items], T (&)[Items], int, random_stream const&,
                        message<T>) const {}
};
static_assert(!compressor<encodes_in_two_ways> && !encodes_in_one_way<encodes_in_two_ways>);
struct adds_in_two_ways : sign {
  using sign::add;
  template <cooperative_group G, class T, int Items>
  SADDLE_HD void add(G const&, message<T>, int, random_stream const&, T, T (&)[Items]) const {}
};
static_assert(!compressor<adds_in_two_ways> && !adds_in_one_way<adds_in_two_ways>);
struct misspells_add : sign {
  struct add;
};
struct misspells_encode : sign {
  struct encode;
};
struct misspells_flaw_in : sign {
  struct flaw_in;
};
struct finds_flaws_as_a_bool : sign {
  template <class T>
  bool flaw_in(message<T>, int) const {
    return false;
  }
};
static_assert(!adds_what_it_decodes<misspells_add> && !encodes<misspells_encode>);
static_assert(!finds_flaws<misspells_flaw_in> && !finds_flaws<finds_flaws_as_a_bool>);

// A message whose last pointer no plane would fill, or with something besides pointers.
struct has_one_plane_of_two : sign {
  template <class T>
  static constexpr std::array planes{plane{.per_bucket = sizeof(T)}};
};
static_assert(!compressor<has_one_plane_of_two> && !has_a_pointer_for_each_plane<has_one_plane_of_two>);
struct misspells_payload : sign {
  struct payload;
};
struct misspells_name : sign {
  struct name;
};
struct misspells_bucket : sign {
  struct bucket;
};
static_assert(!lays_out_a_message<misspells_payload> && !compressor_has_a_name<misspells_name> &&
              !has_a_bucket<misspells_bucket>);

// Wrappers.
template <class C>
struct wrapper {
  using wrapped = C;
  static constexpr feedback keeps = feedback::error;
  C compressor{};
  bool subtract_in_look_ahead = true;
  static std::string name() { return "wrapper"; }
};
static_assert(compression<wrapper<sign>> && feedback_of<wrapper<sign>> == feedback::error);
static_assert(!compression<wrapper<misspells_delta>>);
struct misspells_keeps : sign {
  using wrapped = sign;
  static constexpr feedback kepes = feedback::error;
};
struct misspells_wrapped : sign {
  using wraped = sign;
  static constexpr feedback keeps = feedback::error;
};
static_assert(compressor<misspells_keeps> && !compression<misspells_keeps> && !wraps_wholly_or_not_at_all<misspells_keeps>);
static_assert(compressor<misspells_wrapped> && !compression<misspells_wrapped> && !wraps_wholly_or_not_at_all<misspells_wrapped>);
struct keeps_nothing : wrapper<sign> {
  static constexpr feedback keeps = feedback::none;
};
struct misspells_compressor : wrapper<sign> {
  struct compressor;
};
struct wraps_another : wrapper<sign> {
  qsgd<128, 8> compressor{};
};
struct misspells_subtract : wrapper<sign> {
  struct subtract_in_look_ahead;
};
struct wraps_without_a_name : wrapper<sign> {
  struct name;
};
static_assert(!compression<keeps_nothing> && !compression<misspells_compressor> && !compression<wraps_another>);
static_assert(!says_what_its_memory_does<misspells_subtract> && !compression<misspells_subtract>);
static_assert(!compression<wraps_without_a_name>);

}  // namespace

TEST_CASE("what a compressor does follows from what it has") {
  CHECK(compressor<sign>);
  CHECK(compressor<global>);
  CHECK((selects_globally<global> && !selects_globally<top_k<>>));
  CHECK((encodes_beside_the_direction<adacomp_residual<>> && !encodes_beside_the_direction<sign>));
  CHECK((adds_with_the_stream<random_k<>> && !adds_with_the_stream<sign>));
  CHECK((compression<error_feedback<sign>> && compression<ef21<sign>> && compression<identity>));
  CHECK(delta_of<sign> == 1.0 / 128);
  CHECK(omega_of<sign> == no_omega);
  CHECK(delta_of<random_k<>> == no_delta);
}

}  // namespace concept_tests
