using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;

namespace Fleet.Server.Tests;

/// <summary>A person with a browser without script: follows redirects, keeps cookies, sends forms of pages.</summary>
internal sealed partial class Visitor : IDisposable
{
    private readonly HttpClient _http;

    private Visitor(Uri operations) => _http = new(new SocketsHttpHandler { UseProxy = false })
    {
        BaseAddress = new(operations, "console/"),
    };

    /// <summary>Somebody who has just opened the browser.</summary>
    public static Visitor Of(FleetApp app) => new(app.OperationsAddress);

    /// <summary>Somebody who is signed in.</summary>
    public static async Task<Visitor> SignIn(FleetApp app, string key, string person = "")
    {
        var visitor = Of(app);
        var welcome = await visitor.Send("sign-in", "sign-in", ("key", key), ("person", person));
        Assert.Equal(HttpStatusCode.OK, welcome.Status);
        return visitor;
    }

    /// <summary>Opens a page.</summary>
    public async Task<Answer> Open(string path)
    {
        using var answer = await _http.GetAsync(path, TestContext.Current.CancellationToken);
        return await Answer.Read(answer);
    }

    /// <summary>Says that answers may be compressed.</summary>
    public void Accept(string encoding) => _http.DefaultRequestHeaders.AcceptEncoding.ParseAdd(encoding);

    /// <summary>Opens a page and sends a form of it.</summary>
    /// <param name="page">The page, which has the token.</param>
    /// <param name="action">Where the form goes.</param>
    /// <param name="fields">What was typed.</param>
    public async Task<Answer> Send(string page, string action, params (string Name, string Value)[] fields)
    {
        var token = Token().Match((await Open(page)).Text).Groups[1].Value;
        return await Post(action, [("form_token", token), .. fields]);
    }

    /// <summary>Sends a form that is from nowhere.</summary>
    public async Task<Answer> Post(string action, params (string Name, string Value)[] fields)
    {
        using var form = new FormUrlEncodedContent(
            fields.Select(field => KeyValuePair.Create(field.Name, field.Value)));
        using var answer = await _http.PostAsync(action, form, TestContext.Current.CancellationToken);
        return await Answer.Read(answer);
    }

    /// <summary>Sends a form that no browser would send.</summary>
    public async Task<Answer> PostText(string action, string form)
    {
        using var content = new StringContent(form, new MediaTypeHeaderValue("application/x-www-form-urlencoded"));
        using var answer = await _http.PostAsync(action, content, TestContext.Current.CancellationToken);
        return await Answer.Read(answer);
    }

    /// <summary>Opens a stream and reads until a text has come.</summary>
    public async Task<string> Watch(string path, string until)
    {
        using var answer = await Hold(path);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await Read(answer, until);
    }

    /// <summary>Opens a stream and reads nothing of it yet.</summary>
    public async Task<HttpResponseMessage> Hold(string path)
    {
        using var ask = new HttpRequestMessage(HttpMethod.Get, path);
        ask.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        return await _http.SendAsync(
            ask, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
    }

    /// <summary>Reads a stream until a text of at most two lines has come, or it ends.</summary>
    public static async Task<string> Read(HttpResponseMessage answer, string until)
    {
        var cancel = TestContext.Current.CancellationToken;
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(cancel), leaveOpen: true);
        var (text, before, last) = (new StringBuilder(), "", "");
        while (!$"{before}\n{last}".Contains(until) && await reader.ReadLineAsync(cancel) is { } line)
        {
            text.Append(line).Append('\n');
            (before, last) = (last, line);
        }
        return text.ToString();
    }

    /// <summary>Opens a stream and reads no more than whether it is given.</summary>
    public async Task<Answer> Peek(string path)
    {
        using var answer = await _http.GetAsync(
            path, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        return answer.IsSuccessStatusCode && answer.Content.Headers.ContentType?.MediaType == "text/event-stream"
            ? new(answer.StatusCode, "", answer.RequestMessage?.RequestUri ?? new("http://unset"), answer.Headers)
            : await Answer.Read(answer);
    }

    public void Dispose() => _http.Dispose();

    [GeneratedRegex("""name="form_token" value="([^"]+)""")]
    private static partial Regex Token();

    /// <summary>What the browser shows in the end.</summary>
    /// <param name="Status">Its status.</param>
    /// <param name="Text">The page.</param>
    /// <param name="At">Its address.</param>
    /// <param name="Headers">Its headers.</param>
    internal sealed record Answer(HttpStatusCode Status, string Text, Uri At, HttpResponseHeaders Headers)
    {
        public static async Task<Answer> Read(HttpResponseMessage answer) => new(
            answer.StatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            answer.RequestMessage?.RequestUri ?? new("http://unset"), answer.Headers);
    }
}
