#pragma once
#include "../algorithm/mirror.hpp"
#include "saddle/algorithm/md_gan.hpp"
#include "saddle/saddle.hpp"

/// Two workers of the smallest pair.
template <class Samples, class Feedbacks>
void teach() {
  saddle::md_gan driver{test::mirror{}, saddle::md_gan_settings<saddle::sgda, saddle::sgda, Samples, Feedbacks>{},
                        saddle::loopback{2}, saddle::cpu{}};
  driver.step();
}
