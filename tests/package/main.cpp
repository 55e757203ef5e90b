#include <cstdio>

#include <saddle/games.hpp>
#include <saddle/saddle.hpp>

int main() {
  std::printf("saddle %d.%d.%d\n", SADDLE_VERSION_MAJOR, SADDLE_VERSION_MINOR, SADDLE_VERSION_PATCH);
}
