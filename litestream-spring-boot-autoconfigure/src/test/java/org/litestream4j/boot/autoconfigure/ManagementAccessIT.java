package org.litestream4j.boot.autoconfigure;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.Banner;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.security.autoconfigure.actuate.web.servlet.EndpointRequest;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configuration.EnableWebSecurity;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetails;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;
import org.springframework.security.web.SecurityFilterChain;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The endpoint where operators have it: on a port of its own, and behind Spring Security.
 */
class ManagementAccessIT {

	private static final String SYNC = "/litestream/dataSource/sync";

	private final HttpClient http = HttpClient.newHttpClient();

	@TempDir
	Path directory = Path.of("unset");

	@Test
	void separatePortHasTheEndpointAndItsErrors() throws Exception {
		try (ConfigurableApplicationContext context = start(Open.class, "--management.server.port=0",
				"--management.endpoints.web.base-path=/manage")) {
			String port = port(context, "local.management.port") + "/manage";
			assertThat(get(port + "/litestream", null).body()).contains("\"dataSource\"");
			assertThat(post(port + SYNC, "{}", null).statusCode()).isEqualTo(200);
			HttpResponse<String> unreadable = post(port + SYNC, "[", null);
			assertThat(unreadable.statusCode()).isEqualTo(400);
			assertThat(unreadable.body()).startsWith("{\"error\":\"The body cannot be read: a JSON object");
			requireUnknownFieldIsRefused(port + SYNC);
			HttpResponse<String> unknown = get(port + "/litestream/nope", null);
			assertThat(unknown.statusCode()).isEqualTo(404);
			assertThat(unknown.body()).contains("no database 'nope'");
			HttpResponse<String> method = send(request(port + "/litestream").DELETE(), null);
			assertThat(method.statusCode()).isEqualTo(405);
			String application = port(context, "local.server.port");
			assertThat(get(application + "/manage/litestream", null).statusCode()).isEqualTo(404);
		}
	}

	@Test
	void endpointBelowAContextPathHasItsErrors() throws Exception {
		try (ConfigurableApplicationContext context = start(Open.class, "--server.servlet.context-path=/app",
				"--management.endpoints.web.base-path=/manage")) {
			String base = port(context, "local.server.port") + "/app/manage";
			assertThat(post(base + SYNC, "{}", null).statusCode()).isEqualTo(200);
			assertThat(post(base + SYNC, "[", null).body()).contains("a JSON object");
			requireUnknownFieldIsRefused(base + SYNC);
		}
	}

	private void requireUnknownFieldIsRefused(String url) throws Exception {
		HttpResponse<String> refused = post(url, "{\"timout\":\"30s\"}", null);
		assertThat(refused.statusCode()).isEqualTo(400);
		assertThat(refused.body()).isEqualTo("{\"error\":\"sync does not take 'timout': allowed are timeout\"}");
	}

	@Test
	void securityLetsInWhoMayOperate() throws Exception {
		try (ConfigurableApplicationContext context = start(Secured.class)) {
			String port = port(context, "local.server.port") + "/actuator";
			assertThat(get(port + "/litestream", null).statusCode()).isEqualTo(401);
			assertThat(post(port + SYNC, "{}", null).statusCode()).isEqualTo(401);
			assertThat(get(port + "/litestream", "visitor").statusCode()).isEqualTo(403);
			assertThat(post(port + SYNC, "{}", "visitor").statusCode()).isEqualTo(403);
			assertThat(get(port + "/litestream", "operator").statusCode()).isEqualTo(200);
			HttpResponse<String> synced = post(port + SYNC, "{}", "operator");
			assertThat(synced.statusCode()).as(synced.body()).isEqualTo(200);
			assertThat(post(port + SYNC, "[", "operator").body()).contains("a JSON object");
			assertThat(get(port + "/health", null).statusCode()).isEqualTo(200);
		}
	}

	private ConfigurableApplicationContext start(Class<?> application, String... arguments) throws IOException {
		Path directory = this.directory.toRealPath();
		List<String> all = new ArrayList<>(List.of("--server.port=0", "--management.endpoints.web.exposure.include=*",
				"--spring.datasource.url=" + Contexts.url(directory, "app.db"), "--" + Contexts.replica(directory)));
		all.addAll(List.of(arguments));
		return new SpringApplicationBuilder(application).bannerMode(Banner.Mode.OFF).run(all.toArray(String[]::new));
	}

	private static String port(ConfigurableApplicationContext context, String property) {
		return "http://localhost:" + context.getEnvironment().getRequiredProperty(property);
	}

	private static HttpRequest.Builder request(String url) {
		return HttpRequest.newBuilder(URI.create(url));
	}

	private HttpResponse<String> get(String url, @Nullable String user) throws Exception {
		return send(request(url).GET(), user);
	}

	private HttpResponse<String> post(String url, String body, @Nullable String user) throws Exception {
		return send(
				request(url).header("Content-Type", "application/json").POST(HttpRequest.BodyPublishers.ofString(body)),
				user);
	}

	private HttpResponse<String> send(HttpRequest.Builder request, @Nullable String user) throws Exception {
		if (user != null) {
			String credentials = Base64.getEncoder()
				.encodeToString((user + ":" + user).getBytes(StandardCharsets.UTF_8));
			request.header("Authorization", "Basic " + credentials);
		}
		return this.http.send(request.build(), BodyHandlers.ofString());
	}

	@WebTestApplication
	static class Open {

	}

	/** As docs/operations.md shows it. */
	@WebTestApplication
	@EnableWebSecurity
	static class Secured {

		@Bean
		SecurityFilterChain litestreamChain(HttpSecurity http) throws Exception {
			return http.securityMatcher(EndpointRequest.to("litestream"))
				.authorizeHttpRequests((requests) -> requests.anyRequest().hasRole("OPERATOR"))
				.httpBasic(Customizer.withDefaults())
				.csrf((csrf) -> csrf.disable()) // no browser session that could be abused
				.build();
		}

		@Bean
		SecurityFilterChain others(HttpSecurity http) throws Exception {
			return http.authorizeHttpRequests((requests) -> requests.anyRequest().permitAll()).build();
		}

		@Bean
		UserDetailsService users() {
			return new InMemoryUserDetailsManager(user("operator", "OPERATOR"), user("visitor", "VISITOR"));
		}

		private static UserDetails user(String name, String role) {
			return User.withUsername(name).password("{noop}" + name).roles(role).build();
		}

	}

}
