#pragma once

#include <span>

#include "device/device.cuh"

// Which checked build must report the case.
enum class Finder { none, memory, race, both };

struct Case {
  const char* name;
  Finder finder;
  void (*run)();
};

std::span<const Case> cases();
