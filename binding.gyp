# node-gyp's way in: calls CMake, where the build is described. Not published, so npm adds no install script.
{
  "targets": [{
    "target_name": "convolt",
    "type": "none",
    "actions": [{
      "action_name": "cmake",
      "inputs": ["CMakeLists.txt"],
      "outputs": ["<(PRODUCT_DIR)/convolt.node"],
      "action": ["node", "scripts/gyp_shim.mjs"]
    }]
  }]
}
