/**
 * One word for each byte: short, easily spoken, at least two letters apart from every other. The order
 * is part of what people compare, so it never changes.
 */
export const words: readonly string[] = `
acorn agenda album alpine amber anchor antler apple apricot arctic arrow atlas autumn avocado
azure badge bakery bamboo banana banjo barrel basket beacon bicycle bishop blanket blossom bonus
border bottle bread bridge bronze bucket buffalo butter cabin cactus camera canary candle canoe
canyon captain caramel carbon carpet castle cedar cello chapter cherry chimney cinema circle
citrus climate cobalt coconut coffee comet compass coral cotton cousin coyote crystal curtain
cushion dancer deputy desert diamond doctor dolphin domino dragon drawer dynamo eagle echo
eclipse elbow elegant emblem empire engine escape fabric falcon fashion fiddle figure filter
forest fortune fossil frozen galaxy garden garlic gazelle ginger glacier goblin granite gravity
guitar habitat hammer harbor hazel helmet hexagon honey horizon husky igloo insect island ivory
jaguar jasmine jelly jigsaw journal jungle juniper kettle kitchen koala ladder lagoon lantern
laptop laundry lemon leopard library lizard lobster lunar machine magnet mango marble meadow
mirror monkey mosaic muffin museum mustard napkin nature needle nickel noodle nugget oatmeal
ocean octopus olive onion orbit orchid organ osprey oxygen oyster package palace panda paper
parrot pastry peacock pebble pelican pencil piano picnic pigeon pillow pirate planet plastic
polar pottery pretzel prism pumpkin puzzle pyramid quartz rabbit radio raven ribbon rocket
rubber saddle safari salmon sandal saturn scarf school shadow silver sketch soccer spider spiral
sponge stadium statue summer sunset tablet temple tennis theater thunder tiger tobacco tomato
topaz tornado tractor trumpet tulip tundra turtle unicorn vacuum valley vanilla velvet vessel
victory village violin volcano voyage waffle walnut warbler whisper window winter wombat yogurt
zebra zigzag zipper
`
  .trim()
  .split(/\s+/);
