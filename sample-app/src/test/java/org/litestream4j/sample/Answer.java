package org.litestream4j.sample;

import java.net.http.HttpResponse;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the application answered.
 *
 * @param status of HTTP
 * @param text the body
 * @param contentType its media type
 */
record Answer(int status, String text, String contentType) {

	private static final JsonMapper JSON = JsonMapper.builder().build();

	static Answer of(HttpResponse<String> response) {
		return new Answer(response.statusCode(), response.body(),
				response.headers().firstValue("Content-Type").orElse(""));
	}

	/** Checks the status, and shows the body when it is another one. */
	Answer is(int expected) {
		assertThat(this.status).as(() -> "status of the answer: " + this.text).isEqualTo(expected);
		return this;
	}

	JsonNode json() {
		return JSON.readTree(this.text);
	}

	/** The one sentence that says what was wrong. */
	String error() {
		String error = json().path("error").asString("");
		assertThat(error).as("error in %s", this.text).contains(" ").doesNotContain("Exception", "\n");
		return error;
	}

}
