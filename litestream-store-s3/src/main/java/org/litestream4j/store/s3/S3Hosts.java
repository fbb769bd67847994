package org.litestream4j.store.s3;

import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * What the host of an endpoint says about the store.
 */
final class S3Hosts {

	/*
	 * What is signed for where a store has no regions, or only says it in its address.
	 * Amazon's: plain, dual-stack, FIPS and both, the old form with a dash, and the
	 * interface endpoint of a VPC.
	 */
	private static final List<Pattern> REGION = List.of(Pattern.compile("s3\\.([a-z0-9-]+)\\.backblazeb2\\.com"),
			Pattern.compile("s3\\.([a-z0-9-]+)\\.wasabisys\\.com"), Pattern.compile("s3\\.([a-z0-9-]+)\\.scw\\.cloud"),
			Pattern.compile(
					"s3(?:-fips)?\\.(?:dualstack\\.)?([a-z]+(?:-[a-z]+)+-\\d+)\\.(?:amazonaws\\.com(?:\\.cn)?|api\\.aws)"),
			Pattern.compile("s3-([a-z]+(?:-[a-z]+)+-\\d+)\\.amazonaws\\.com"),
			Pattern.compile("[a-z0-9.-]+\\.vpce-[a-z0-9-]+\\.s3\\.([a-z0-9-]+)\\.vpce\\.amazonaws\\.com(?:\\.cn)?"),
			Pattern.compile("([a-z0-9-]+)\\.digitaloceanspaces\\.com"),
			Pattern.compile("([a-z0-9-]+)\\.linodeobjects\\.com"),
			Pattern.compile("([a-z0-9-]+)\\.your-objectstorage\\.com"));

	private S3Hosts() {
	}

	/** Whether an endpoint is Amazon's; null is. */
	static boolean isAws(@Nullable URI endpoint) {
		if (endpoint == null) {
			return true;
		}
		String host = host(endpoint);
		return host.endsWith(".amazonaws.com") || host.endsWith(".amazonaws.com.cn") || host.endsWith(".api.aws");
	}

	/**
	 * The region that an endpoint's host names. Those that serve every region, such as
	 * {@code s3-accelerate.amazonaws.com}, name none.
	 */
	static Optional<String> region(URI endpoint) {
		String host = host(endpoint);
		if (host.endsWith(".r2.cloudflarestorage.com") || S3Tigris.isHost(host)) {
			return Optional.of("auto");
		}
		return REGION.stream()
			.map((pattern) -> pattern.matcher(host))
			.filter(Matcher::matches)
			.map((matcher) -> matcher.group(1))
			.findFirst();
	}

	/** The bucket, and the endpoint: buckets of two endpoints may have one name. */
	static String lane(URI endpoint, S3Location location) {
		String server = (endpoint.getPort() < 0) ? endpoint.getHost() : endpoint.getHost() + ":" + endpoint.getPort();
		return "%s://%s/%s".formatted(endpoint.getScheme(), server, location.bucket());
	}

	private static String host(URI endpoint) {
		return (endpoint.getHost() != null) ? endpoint.getHost().toLowerCase(Locale.ROOT) : "";
	}

}
