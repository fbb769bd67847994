package org.litestream4j.store.s3;

import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

/**
 * A connection about which nothing is left to find out: who asks, where, and what is
 * signed for. Only where that is so can a store be read without the SDK, which knows all
 * the other ways.
 *
 * @param endpoint scheme, host and perhaps port
 * @param region what is signed for
 * @param accessKeyId whose key it is
 * @param secretAccessKey never shown
 * @param sessionToken null for lasting credentials; never shown
 */
record S3PlainConnection(URI endpoint, String region, String accessKeyId, String secretAccessKey,
		@Nullable String sessionToken) {

	/** In either case of letters. */
	private static final List<String> PROXIES = List.of("http_proxy", "https_proxy", "all_proxy");

	private static final List<String> PROXY_PROPERTIES = List.of("http.proxyHost", "https.proxyHost", "socksProxyHost",
			"java.net.useSystemProxies");

	/**
	 * {@return what is known of a connection, or empty if the SDK has to find out more}
	 * @param connection as configured, with nothing from another client
	 * @param environment gives a variable's value, or null
	 * @param properties gives a system property's value, or null
	 */
	static Optional<S3PlainConnection> of(S3Connection connection, Lookup environment, Lookup properties) {
		URI endpoint = connection.endpoint();
		if (endpoint == null || S3Hosts.isAws(endpoint) || !isRoot(endpoint) || connection.tls() != null
				|| Boolean.FALSE.equals(connection.forcePathStyle()) || hasProxy(environment, properties)) {
			return Optional.empty();
		}
		String region = (connection.region() != null) ? connection.region()
				: S3Hosts.region(endpoint).orElse("us-east-1");
		String id = connection.accessKeyId();
		String secret = connection.secretAccessKey();
		String token = connection.sessionToken();
		if (id == null && properties.get("aws.accessKeyId") == null) {
			id = text(environment.get("AWS_ACCESS_KEY_ID"));
			secret = text(environment.get("AWS_SECRET_ACCESS_KEY"));
			token = text(environment.get("AWS_SESSION_TOKEN"));
		}
		return (id == null || secret == null) ? Optional.empty()
				: Optional.of(new S3PlainConnection(endpoint, region, id, secret, token));
	}

	private static boolean isRoot(URI endpoint) {
		return (endpoint.getRawPath() == null || endpoint.getRawPath().isEmpty() || endpoint.getRawPath().equals("/"))
				&& endpoint.getRawQuery() == null && endpoint.getRawFragment() == null;
	}

	private static boolean hasProxy(Lookup environment, Lookup properties) {
		return PROXIES.stream()
			.flatMap((name) -> Stream.of(name, name.toUpperCase(Locale.ROOT)))
			.anyMatch((name) -> text(environment.get(name)) != null)
				|| PROXY_PROPERTIES.stream().anyMatch((name) -> text(properties.get(name)) != null);
	}

	private static @Nullable String text(@Nullable String value) {
		return (value == null || value.isBlank()) ? null : value.strip();
	}

	boolean isSecure() {
		return this.endpoint.getScheme().equalsIgnoreCase("https");
	}

	int port() {
		return (this.endpoint.getPort() >= 0) ? this.endpoint.getPort() : isSecure() ? 443 : 80;
	}

	/** As it is sent and signed: without a port that the scheme has anyway. */
	String hostHeader() {
		boolean usual = this.endpoint.getPort() < 0 || this.endpoint.getPort() == (isSecure() ? 443 : 80);
		return usual ? this.endpoint.getHost() : "%s:%d".formatted(this.endpoint.getHost(), this.endpoint.getPort());
	}

	/** What a socket connects to: an IPv6 address without its brackets. */
	String host() {
		String host = this.endpoint.getHost();
		return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
	}

	@Override
	public String toString() {
		return "S3PlainConnection[endpoint=%s, region=%s]".formatted(this.endpoint, this.region);
	}

	/** Variables or properties. */
	@FunctionalInterface
	interface Lookup {

		/** Returns the value of a name, or null. */
		@Nullable String get(String name);

	}

}
