package org.litestream4j.boot.ui;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

/**
 * The names under which a browser may use the endpoint. A web page elsewhere can make its
 * own name resolve to this machine, and would then be let in by the browser as if it were
 * this server's own page; but the browser still says which name it means. An address is
 * no name, and cannot be made to resolve to anything else. Thread-safe.
 */
final class AllowedHosts {

	/**
	 * IPv4 in decimals and IPv6 in brackets, which is how a browser writes any address.
	 */
	private static final Pattern ADDRESS = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}|\\[[0-9a-f:.]+]");

	private static final Pattern PORT = Pattern.compile(":[0-9]*$");

	private final Set<String> names;

	/**
	 * Creates a list.
	 * @param names beside localhost, without a port; {@code *} for any
	 */
	AllowedHosts(List<String> names) {
		this.names = names.stream().map(AllowedHosts::name).collect(Collectors.toUnmodifiableSet());
	}

	/**
	 * Whether a request may be answered.
	 * @param host the request's {@code Host} header, perhaps with a port
	 */
	boolean allows(@Nullable String host) {
		if (this.names.contains("*")) {
			return true;
		}
		if (host == null) {
			return false;
		}
		String name = name(host);
		return name.equals("localhost") || name.endsWith(".localhost") || ADDRESS.matcher(name).matches()
				|| this.names.contains(name);
	}

	/** In lower case, without the port and the dot that may end a name. */
	private static String name(String host) {
		String name = PORT.matcher(host.strip().toLowerCase(Locale.ROOT)).replaceFirst("");
		return name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
	}

}
