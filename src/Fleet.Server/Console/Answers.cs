using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Google.Protobuf;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Fleet.Server.Console;

/// <summary>Writes a page as HTML, or its content as JSON.</summary>
internal static class Answers
{
    /// <summary>The end of a path that asks for JSON.</summary>
    public const string Json = ".json";

    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new MessageConverter() },
    };

    /// <summary>Whether the answer is a page; otherwise JSON, for programs and for the console's own script.</summary>
    public static bool WantsPage(PageRequest page) =>
        !page.Http.Request.Path.Value.AsSpan().EndsWith(Json, StringComparison.Ordinal)
        && !page.Http.Request.Headers.Accept.ToString().StartsWith("application/json", StringComparison.Ordinal)
        && !page.Http.Request.Headers.Accept.ToString().StartsWith("text/event-stream", StringComparison.Ordinal);

    /// <summary>Renders a page.</summary>
    public static Task Page<TPage, TView>(PageRequest page, TView view, int status = StatusCodes.Status200OK)
        where TPage : ConsolePage<TView> where TView : notnull =>
        new RazorComponentResult<TPage>(new Dictionary<string, object?>
        {
            [nameof(ConsolePage<>.Request)] = page, [nameof(ConsolePage<>.View)] = view,
        })
        { StatusCode = status, PreventStreamingRendering = true }.ExecuteAsync(page.Http);

    /// <summary>Writes the content of a page.</summary>
    public static Task Content<TView>(PageRequest page, TView view) =>
        page.Http.Response.WriteAsJsonAsync(view, Options, page.Aborted);

    /// <summary>Writes a refusal.</summary>
    public static Task Refusal(PageRequest page, PageRefusal refusal)
    {
        page.Http.Response.StatusCode = refusal.Status;
        return Content(page, new
        {
            Detail = refusal.Message,
            Fields = refusal.Fields.Select(field => new { field.Name, field.Message }),
        });
    }

    /// <summary>Sends the browser to another page after an action; the console's script goes there by itself.</summary>
    public static Task GoTo(PageRequest page, string to)
    {
        if (!WantsPage(page)) return Content(page, new { To = to });
        page.Http.Response.StatusCode = StatusCodes.Status303SeeOther;
        page.Http.Response.Headers.Location = page.Base + to;
        return Task.CompletedTask;
    }

    /// <summary>Writes messages as the API does.</summary>
    private sealed class MessageConverter : JsonConverter<IMessage>
    {
        private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default
            .WithFormatDefaultValues(true).WithPreserveProtoFieldNames(true));

        public override bool CanConvert(Type typeToConvert) => typeof(IMessage).IsAssignableFrom(typeToConvert);

        public override IMessage Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, IMessage value, JsonSerializerOptions options) =>
            writer.WriteRawValue(Formatter.Format(value));
    }
}
