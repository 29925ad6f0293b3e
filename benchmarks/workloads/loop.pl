# Counts words of made-up lines in a hash that is emptied every thousand lines.
use strict;
use warnings;

my (%seen, $lines);
while (1) {
    $seen{$_}++ for map { int(rand(50_000)) } 1 .. 40;
    %seen = () if ++$lines % 1000 == 0;
    select(undef, undef, undef, 0.002);
}
