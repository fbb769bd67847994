package org.litestream4j.store.s3;

import java.net.URI;
import java.util.Optional;
import java.util.ServiceLoader;

import javax.net.ssl.KeyManager;
import javax.net.ssl.TrustManager;

import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.http.ExecutableHttpRequest;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.SdkHttpConfigurationOption;
import software.amazon.awssdk.http.SdkHttpService;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.regions.providers.DefaultAwsRegionProviderChain;
import software.amazon.awssdk.services.s3.LegacyMd5Plugin;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.utils.AttributeMap;

/**
 * Makes clients for stores that the application's own client does not reach. The HTTP
 * client is the one the SDK finds on the class path, as for the application's own, with
 * more connections; whole objects are read as {@code S3QuickReads} says.
 */
public final class S3Clients {

	/** Of each client. */
	static final int CONNECTIONS = 300;

	private S3Clients() {
	}

	/**
	 * Makes a client, which the caller closes.
	 * @param connection how to reach the store
	 * @param base gives what the connection does not; null for the SDK's defaults
	 * @return the client
	 * @throws IllegalArgumentException if no region is to be found
	 */
	public static S3Client create(S3Connection connection, @Nullable S3Client base) {
		return create(connection, base, S3Terms.STARTER);
	}

	/**
	 * Makes a client, which the caller closes.
	 * @param connection how to reach the store
	 * @param base gives what the connection does not; null for the SDK's defaults
	 * @param terms of who reads the errors
	 * @return the client
	 * @throws IllegalArgumentException if no region is to be found
	 */
	public static S3Client create(S3Connection connection, @Nullable S3Client base, S3Terms terms) {
		S3KnownEndpoints endpoints = new S3KnownEndpoints();
		S3ClientBuilder builder = S3Client.builder().endpointProvider(endpoints);
		URI endpoint = endpoint(connection, base);
		boolean aws = S3Hosts.isAws(endpoint);
		if (endpoint != null) {
			builder.endpointOverride(endpoint);
		}
		builder.forcePathStyle((connection.forcePathStyle() != null) ? connection.forcePathStyle() : !aws);
		region(connection, endpoint, base).ifPresent(builder::region);
		if (connection.accessKeyId() != null) {
			builder.credentialsProvider(StaticCredentialsProvider.create(credentials(connection)));
		}
		else if (base != null) {
			builder.credentialsProvider(base.serviceClientConfiguration().credentialsProvider());
		}
		Optional<ManyConnections> http = ServiceLoader.load(SdkHttpService.class)
			.findFirst()
			.map((found) -> new ManyConnections(found.createHttpClientBuilder(), connection.tls()));
		http.ifPresent(builder::httpClientBuilder);
		if (!aws) {
			configureForOthers(builder);
		}
		try {
			S3Client client = builder.build();
			return http.map(ManyConnections::built)
				.<S3Client>map((built) -> new S3QuickReads(client, built, endpoints, System::nanoTime))
				.orElse(client);
		}
		catch (SdkClientException ex) {
			throw new IllegalArgumentException("no S3 client can be made: " + reason(ex, terms), ex);
		}
	}

	/** The SDK lists each of its own classes that looked for a region. */
	private static String reason(SdkClientException failure, S3Terms terms) {
		String message = S3Errors.words(failure.getMessage());
		return message.startsWith("Unable to load region")
				? "no region is known; set %s, or what else the AWS SDK looks at".formatted(terms.missingRegion())
				: message;
	}

	private static AwsCredentials credentials(S3Connection connection) {
		String token = connection.sessionToken();
		return (token == null) ? AwsBasicCredentials.create(connection.accessKeyId(), connection.secretAccessKey())
				: AwsSessionCredentials.create(connection.accessKeyId(), connection.secretAccessKey(), token);
	}

	/**
	 * Other stores know neither the checksums that AWS added in 2024 nor trailers in
	 * chunked uploads, and some want an MD5 with a batch of deletes.
	 */
	private static void configureForOthers(S3ClientBuilder builder) {
		builder.requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
			.responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
			.serviceConfiguration(S3Configuration.builder().chunkedEncodingEnabled(false).build())
			.addPlugin(LegacyMd5Plugin.create());
	}

	private static @Nullable URI endpoint(S3Connection connection, @Nullable S3Client base) {
		if (connection.endpoint() != null) {
			return connection.endpoint();
		}
		return (base != null) ? base.serviceClientConfiguration().endpointOverride().orElse(null)
				: endpointOfEnvironment();
	}

	/**
	 * What {@code AWS_ENDPOINT_URL_S3} and its like say, or null: only the SDK knows all
	 * the places, and tells when a client is made. This one is never used.
	 */
	private static @Nullable URI endpointOfEnvironment() {
		try (S3Client probe = S3Client.builder()
			.region(Region.US_EAST_1)
			.credentialsProvider(AnonymousCredentialsProvider.create())
			.httpClient(new NoHttp())
			.build()) {
			return probe.serviceClientConfiguration().endpointOverride().orElse(null);
		}
	}

	/** Reaches nothing. */
	private static final class NoHttp implements SdkHttpClient {

		@Override
		public ExecutableHttpRequest prepareRequest(HttpExecuteRequest request) {
			throw new UnsupportedOperationException("this client is never used");
		}

		@Override
		public void close() {
			// holds nothing
		}

	}

	/** Given, else named by the endpoint, else that of the application's client. */
	private static Optional<Region> region(S3Connection connection, @Nullable URI endpoint, @Nullable S3Client base) {
		if (connection.region() != null) {
			return Optional.of(Region.of(connection.region()));
		}
		boolean asBase = base != null && connection.endpoint() == null;
		if (endpoint != null && !asBase) {
			Optional<Region> inHost = S3Hosts.region(endpoint).map(Region::of);
			if (inHost.isPresent()) {
				return inHost;
			}
			if (!S3Hosts.isAws(endpoint) && (connection.endpoint() != null || !hasRegionOfEnvironment())) {
				return Optional.of(Region.US_EAST_1);
			}
		}
		return Optional.ofNullable((base != null) ? base.serviceClientConfiguration().region() : null);
	}

	private static boolean hasRegionOfEnvironment() {
		try {
			return DefaultAwsRegionProviderChain.builder().build().getRegion() != null;
		}
		catch (SdkClientException ex) {
			return false;
		}
	}

	/**
	 * Builds an HTTP client that lets as many objects be fetched at once as a restore may
	 * ask for, by default it is 50, and remembers it. Not thread-safe.
	 */
	private static final class ManyConnections implements SdkHttpClient.Builder<ManyConnections> {

		private static final AttributeMap MANY = AttributeMap.builder()
			.put(SdkHttpConfigurationOption.MAX_CONNECTIONS, CONNECTIONS)
			.build();

		private final SdkHttpClient.Builder<?> found;

		private final AttributeMap settings;

		@Nullable private SdkHttpClient built;

		/**
		 * Creates it.
		 * @param found the builder of the HTTP client on the class path
		 * @param tls null for the JVM's own
		 */
		ManyConnections(SdkHttpClient.Builder<?> found, @Nullable S3Tls tls) {
			this.found = found;
			this.settings = (tls != null) ? MANY.merge(trusting(tls)) : MANY;
		}

		private static AttributeMap trusting(S3Tls tls) {
			AttributeMap.Builder settings = AttributeMap.builder()
				.put(SdkHttpConfigurationOption.TLS_TRUST_MANAGERS_PROVIDER,
						() -> tls.trustManagers().toArray(TrustManager[]::new));
			if (!tls.keyManagers().isEmpty()) {
				settings.put(SdkHttpConfigurationOption.TLS_KEY_MANAGERS_PROVIDER,
						() -> tls.keyManagers().toArray(KeyManager[]::new));
			}
			return settings.build();
		}

		@Override
		public SdkHttpClient buildWithDefaults(AttributeMap defaults) {
			SdkHttpClient client = this.found.buildWithDefaults(this.settings.merge(defaults));
			this.built = client;
			return client;
		}

		@Nullable SdkHttpClient built() {
			return this.built;
		}

	}

}
