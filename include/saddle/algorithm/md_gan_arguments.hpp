#pragma once
#include "saddle/algorithm/md_gan_settings.hpp"
#include "saddle/config.hpp"
#include "saddle/executor/concept.hpp"
#include "saddle/problem/split_gan.hpp"
#include "saddle/train/arguments.hpp"

SADDLE_NAMESPACE_BEGIN

/// Of arguments that are no MD-GAN: says which one is wrong.
template <class P, class Settings, class Executor>
class md_gan {
  static_assert(!detail::is_number_of_arguments<P>,
                "md_gan{pair, md_gan_settings{...}, transport, executor}: another number of arguments, or no transport");
  static_assert(detail::is_number_of_arguments<P> || split_gan<P>,
                "the 1st argument of md_gan must be a split_gan: mlp_gan, acgan or your own generator and discriminator");
  static_assert(detail::is_number_of_arguments<P> || names_policies_of_md_gan<Settings>,
                "the 2nd argument of md_gan must be md_gan_settings{...}");
  static_assert(detail::is_number_of_arguments<P> || runs_in_host_memory<Executor>,
                "the 4th argument of md_gan must be an executor in the host's memory: cpu{}");

 public:
  template <class... A>
  md_gan(A const&...) {}
};

SADDLE_NAMESPACE_END
