package org.litestream4j.store;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The kinds of store there are: those that are given, and then those that
 * {@link ServiceLoader} finds. Thread-safe.
 */
public final class StoreProviders {

	private static final Logger logger = LoggerFactory.getLogger(StoreProviders.class);

	private final List<StoreProvider> providers;

	private StoreProviders(List<StoreProvider> providers) {
		this.providers = List.copyOf(providers);
	}

	/**
	 * Looks for providers.
	 * @param first asked before all others, in this order
	 * @param loader where to look for others
	 * @return the providers that can be loaded
	 */
	public static StoreProviders of(Collection<? extends StoreProvider> first, ClassLoader loader) {
		List<StoreProvider> all = new ArrayList<>(first);
		Iterator<StoreProvider> found = ServiceLoader.load(StoreProvider.class, loader).iterator();
		boolean more = true;
		while (more) {
			try {
				more = found.hasNext();
				if (more) {
					all.add(found.next());
				}
			}
			catch (ServiceConfigurationError ex) {
				// One that lacks what it needs must not be missed by stores of other
				// kinds
				logger.debug("A provider of stores cannot be used", ex);
			}
		}
		return new StoreProviders(all);
	}

	/**
	 * Finds the provider that makes stores of a type: the first that does.
	 * @param type in lower case
	 * @return the provider; empty if there is none
	 */
	public Optional<StoreProvider> find(String type) {
		return this.providers.stream().filter((provider) -> provider.supports(type)).findFirst();
	}

	/**
	 * Reads a url of a store of a kind that is there.
	 * @param url as the user wrote it
	 * @return the url
	 * @throws IllegalArgumentException with one sentence that says what is wrong and what
	 * is allowed; what could be a secret is not repeated
	 */
	public ReplicaUrl parse(String url) {
		ReplicaUrl parsed;
		try {
			parsed = ReplicaUrl.parse(url);
		}
		catch (IllegalArgumentException ex) {
			if (url.indexOf(':') >= 0) {
				throw ex;
			}
			throw unknown(ReplicaUrl.shorten(url.strip()));
		}
		if (find(parsed.scheme()).isEmpty()) {
			throw unknown(parsed.scheme() + ":");
		}
		return parsed;
	}

	private IllegalArgumentException unknown(String beginning) {
		return new IllegalArgumentException(
				"A replica's url begins with '%s': %s is expected".formatted(beginning, urls()));
	}

	/**
	 * {@return how urls look of the kinds that are there: {@code a, b or c}}
	 */
	public String urls() {
		List<String> urls = this.providers.stream()
			.flatMap((provider) -> provider.urls().stream())
			.distinct()
			.sorted()
			.toList();
		return (urls.size() < 2) ? String.join("", urls)
				: "%s or %s".formatted(String.join(", ", urls.subList(0, urls.size() - 1)), urls.get(urls.size() - 1));
	}

	/**
	 * Makes a store. Does no I/O.
	 * @param definition what is configured
	 * @return the store, which the caller closes
	 * @throws IllegalArgumentException with one sentence that says what is wrong and what
	 * is allowed
	 */
	public ObjectStore open(StoreDefinition definition) {
		return find(definition.type()).orElseThrow(() -> unknown(definition.type() + ":")).open(definition);
	}

}
