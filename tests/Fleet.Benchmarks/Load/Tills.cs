using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Fleet.Benchmarks.Load;

/// <summary>
/// Connections that are kept alive, each with at most one request under way. Anything but a 201 ends the run.
/// </summary>
internal sealed class Tills : IDisposable
{
    /// <summary>An answer longer than this is an error.</summary>
    private const int MaxAnswer = 4096;

    /// <summary>How long a side may be silent while a request is under way.</summary>
    private static readonly TimeSpan MaxSilence = TimeSpan.FromSeconds(20);

    private readonly Till[] _tills;
    private readonly SocketPoll _poll;
    private readonly byte[][] _readers;
    private readonly List<int> _answered = [];

    /// <param name="port">Of the side, on the loopback interface.</param>
    /// <param name="connections">How many.</param>
    /// <param name="readers">The ids of the readers there are to ask.</param>
    public Tills(int port, int connections, byte[][] readers)
    {
        _tills = [.. Enumerable.Range(0, connections).Select(_ => new Till(port))];
        _poll = new([.. _tills.Select(till => till.Socket)]);
        _readers = readers;
    }

    public int Count => _tills.Length;

    public int Readers => _readers.Length;

    /// <summary>Starts a checkout on a reader.</summary>
    public void Ask(int till, int reader) => _tills[till].Ask(_readers[reader]);

    /// <summary>
    /// Waits until at least one till has its whole answer, or the time is over; says which have one. The list is good
    /// until the next call.
    /// </summary>
    public List<int> Answered(TimeSpan? atMost)
    {
        _answered.Clear();
        var found = _poll.Wait(atMost ?? MaxSilence);
        if (found == 0 && atMost is null)
            throw new InvalidOperationException($"The side said nothing for {MaxSilence.TotalSeconds} s.");
        for (var i = 0; found > 0; i++)
        {
            if (!_poll.HasSomething(i)) continue;
            found--;
            if (_tills[i].Read()) _answered.Add(i);
        }
        return _answered;
    }

    public void Dispose()
    {
        foreach (var till in _tills) till.Dispose();
    }

    private sealed class Till : IDisposable
    {
        private readonly byte[] _request;
        private readonly byte[] _answer = new byte[MaxAnswer];
        private int _length;

        public Till(int port)
        {
            Socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            Socket.Connect(IPAddress.Loopback, port);
            _request = RequestBytes.Create(port);
        }

        public Socket Socket { get; }

        public void Ask(byte[] reader)
        {
            reader.CopyTo(_request.AsSpan(RequestBytes.ReaderAt));
            _length = 0;
            Socket.Send(_request); // a few hundred bytes: the buffer of an idle connection has room
        }

        /// <summary>Takes what has come; true when the answer is whole.</summary>
        public bool Read()
        {
            var read = Socket.Receive(_answer, _length, MaxAnswer - _length, SocketFlags.None);
            if (read == 0) throw new InvalidOperationException("The side closed a connection.");
            _length += read;
            var answer = _answer.AsSpan(0, _length);
            if (!AnswerBytes.IsWhole(answer)) return false;
            return AnswerBytes.IsCreated(answer)
                ? true
                : throw new InvalidOperationException($"Not a 201:\n{Encoding.UTF8.GetString(answer)}");
        }

        public void Dispose() => Socket.Dispose();
    }
}
