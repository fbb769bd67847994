package org.litestream4j.sample;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The names under which this server may be reached. A web page elsewhere can make its own
 * name resolve to this machine, and would then be let in by the browser as if it were
 * this server's own page; but the browser still says which name it means.
 *
 * @param allowedHosts names or addresses beside those of this machine itself, without a
 * port; {@code *} for any
 */
@ConfigurationProperties("notes")
record AllowedHosts(@DefaultValue List<String> allowedHosts) {

	private static final Set<String> OWN = Set.of("localhost", "127.0.0.1", "[::1]");

	/**
	 * Whether a request may be answered.
	 * @param host the request's {@code Host} header, perhaps with a port
	 */
	boolean allows(@Nullable String host) {
		Set<String> configured = this.allowedHosts.stream().map(AllowedHosts::name).collect(Collectors.toSet());
		if (configured.contains("*")) {
			return true;
		}
		return host != null && (OWN.contains(name(host)) || configured.contains(name(host)));
	}

	/** In lower case, without the port and the dot that may end a name. */
	private static String name(String host) {
		return host.strip().toLowerCase(Locale.ROOT).replaceFirst(":[0-9]*$", "").replaceFirst("\\.$", "");
	}

}
