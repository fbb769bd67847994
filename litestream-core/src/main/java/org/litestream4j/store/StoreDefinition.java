package org.litestream4j.store;

import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

/**
 * What is configured of a store. Holds secrets, which {@link #toString()} leaves out.
 *
 * @param type the kind of store in lower case: the url's scheme, or as given
 * @param url the whole url; null if parts are given instead
 * @param properties everything else, by names in lower case with hyphens, for example
 * {@code region}, {@code access-key-id}, {@code path}; without those that are not set
 * @param wording what a property is called where the user sets it, for messages: given
 * {@code region}, for example {@code litestream.replicas[0].region}
 * @param likeFile whose permissions files of the backup are to have; null for those that
 * a new file gets
 */
public record StoreDefinition(String type, @Nullable String url, Map<String, String> properties,
		UnaryOperator<String> wording, @Nullable Path likeFile) {

	/**
	 * Creates a definition.
	 * @param type the kind of store in lower case: the url's scheme, or as given
	 * @param url the whole url; null if parts are given instead
	 * @param properties everything else, by names in lower case with hyphens, for example
	 * {@code region}, {@code access-key-id}, {@code path}; without those that are not set
	 * @param wording what a property is called where the user sets it, for messages:
	 * given {@code region}, for example {@code litestream.replicas[0].region}
	 * @param likeFile whose permissions files of the backup are to have; null for those
	 * that a new file gets
	 */
	public StoreDefinition {
		properties = Map.copyOf(properties);
	}

	/**
	 * {@return the value of a property, if it is set}
	 * @param name in lower case with hyphens
	 */
	public Optional<String> property(String name) {
		return Optional.ofNullable(this.properties.get(name));
	}

	/**
	 * Requires that nothing is set that the store does not know.
	 * @param known names, or beginnings of names that end with a dot
	 * @throws IllegalArgumentException that names the property, and those allowed
	 */
	public void requireKnown(Collection<String> known) {
		for (String name : this.properties.keySet()) {
			boolean isKnown = known.contains(name)
					|| known.stream().anyMatch((each) -> each.endsWith(".") && name.startsWith(each));
			if (!isKnown) {
				throw new IllegalArgumentException(
						"'%s' is not known to a replica of type '%s', which knows %s".formatted(nameOf(name), this.type,
								known.stream()
									.map((each) -> each.endsWith(".") ? each + "*" : each)
									.sorted()
									.collect(Collectors.joining(", "))));
			}
		}
	}

	/**
	 * {@return what the user calls a property, for messages}
	 * @param property in lower case with hyphens
	 */
	public String nameOf(String property) {
		return this.wording.apply(property);
	}

	/** Leaves out the properties, some of which may be secret. */
	@Override
	public String toString() {
		return "StoreDefinition[type=%s]".formatted(this.type);
	}

}
