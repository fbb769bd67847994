package org.litestream4j.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Which file systems should be mounted, and which are. Where neither can be known it is
 * empty.
 *
 * @param expected the mount points of {@code /etc/fstab}
 * @param mounted where something is mounted
 */
record MountTable(Set<Path> expected, Set<Path> mounted) {

	/** The tables of this machine, as they are now. */
	static MountTable ofSystem() {
		Set<Path> mounted = read(Path.of("/proc/self/mounts"));
		return mounted.isEmpty() ? new MountTable(Set.of(), Set.of())
				: new MountTable(read(Path.of("/etc/fstab")), mounted);
	}

	/** The mount point that a path is at or below, if nothing is mounted there. */
	Optional<Path> unmountedAbove(Path path) {
		return this.expected.stream()
			.filter((point) -> path.startsWith(point) && !this.mounted.contains(point))
			.max(Comparator.comparingInt(Path::getNameCount));
	}

	private static Set<Path> read(Path table) {
		try (Stream<String> lines = Files.lines(table)) {
			return parse(lines);
		}
		catch (IOException | UncheckedIOException ex) {
			return Set.of(); // no such table on this machine, or not for this process
		}
	}

	/* One file system a line: device, mount point, type, ... A space is \040. */
	static Set<Path> parse(Stream<String> lines) {
		return lines.map(String::strip)
			.filter((line) -> !line.startsWith("#"))
			.map((line) -> line.split("\\s+"))
			.filter((fields) -> fields.length >= 3 && fields[1].startsWith("/"))
			.map((fields) -> Path.of(fields[1].replace("\\040", " ").replace("\\011", "\t")).normalize())
			.collect(Collectors.toUnmodifiableSet());
	}

}
