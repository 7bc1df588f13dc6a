// Counts what kernels move: bytes of global memory, and bank conflicts of shared memory, for each launch; and the products
// that tensor cores add up. Works in the race build, whose compiler reports every access.
//
// A warp's accesses are put together again from those of its lanes: the n-th time that each lane is at one place of the code.
// That is right for code that the lanes of a warp run through together, as a GPU has them do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace emu {

// Of one allocation, in bytes.
struct BufferTraffic {
  size_t requested = 0;  // that threads asked for
  size_t sectors = 0;    // that warps' accesses touched, in whole sectors of 32 bytes: what the L2 cache delivers
  size_t fetched = 0;    // of those, what a cache that forgets the least recently used did not hold: what memory delivers
  size_t written = 0;
};

struct LaunchTraffic {
  std::string kernel;
  std::map<const void*, BufferTraffic> buffers;  // by where the allocation begins
  size_t products = 0;                      // multiply-adds of tensor cores, with those of zeros that fill up a tile
  size_t shared_passes = 0;                 // over the banks, if no two lanes of a warp's access met in one
  std::map<size_t, size_t> bank_conflicts;  // passes beyond that, by the bytes of an access
  // Of divergent barriers there are none to count: the emulator ends the program at the first.
};

// Counts from here on, with a cache of that many bytes in front of memory. The cache starts empty at each launch.
void measure_traffic(size_t cache_bytes);

// The launches counted so far; forgets them.
std::vector<LaunchTraffic> take_traffic();

}  // namespace emu
