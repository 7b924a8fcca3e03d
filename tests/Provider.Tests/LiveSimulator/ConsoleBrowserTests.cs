using System.Text.Json;
using LiveSimulator;

namespace PulumiAliyunLive.Tests.LiveSimulator;

/// <summary>The console page in a real browser.</summary>
public sealed class ConsoleBrowserTests : IClassFixture<Browser>, IAsyncDisposable
{
    const int Tab = 9;
    const int Enter = 13;
    const string FourInputs = """
        [{"LayoutId":1,"StreamName":"news","LayoutConfig":{"PositionNormalized":[0,0],"SizeNormalized":[0.5,0.5]},"PlayConfig":{"VolumeRate":1}},
         {"LayoutId":2,"StreamName":"sport","LayoutConfig":{"PositionNormalized":[0.5,0],"SizeNormalized":[0.5,0.5]},"PlayConfig":{"VolumeRate":0}},
         {"LayoutId":3,"StreamName":"music","LayoutConfig":{"PositionNormalized":[0,0.5],"SizeNormalized":[0.5,0.5]},"PlayConfig":{"VolumeRate":0}},
         {"LayoutId":4,"StreamName":"film","LayoutConfig":{"PositionNormalized":[0.5,0.5],"SizeNormalized":[0.5,0.5]},"PlayConfig":{"VolumeRate":0}}]
        """;

    const string PictureInPicture = """
        [{"LayoutId":1,"StreamName":"stage","LayoutConfig":{"SizeNormalized":[1,1]},"PlayConfig":{"VolumeRate":1}},
         {"LayoutId":2,"StreamName":"audience","LayoutConfig":{"PositionRefer":"bottomRight","PositionNormalized":[0.02,0.03],"SizeNormalized":[0.3,0.3]}},
         {"LayoutId":3,"StreamName":"host","LayoutConfig":{"PositionRefer":"bottomLeft","PositionNormalized":[0.02,0.03],"SizeNormalized":[0.3,0.3]}},
         {"LayoutId":4,"StreamName":"slides"}]
        """;

    readonly Browser _browser;
    readonly SimulatorClient _client = new();
    readonly RunningSimulator _simulator;

    public ConsoleBrowserTests(Browser browser)
    {
        _browser = browser;
        _simulator = SimulatorServer.Start(_client.Service);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _simulator.DisposeAsync();
    }

    [Fact(Timeout = 120_000)]
    public async Task Tasks_sessions_and_calls_are_shown_without_asking_elsewhere_and_without_errors()
    {
        _client.CreateTask(others: ("TaskName", "<img src=x onerror=alert(1)>"));
        _client.CreateMonitor(("InputList", FourInputs));
        var page = await ShownAsync();
        await page.UntilAsync("document.querySelectorAll('#task-list > li').length === 1 && document.querySelectorAll('.screen > div').length === 4");

        (await page.TextAsync("document.querySelector('#task-list h3').textContent")).ShouldBe("<img src=x onerror=alert(1)>");
        (await page.TextAsync("document.querySelector('#task-list .state').textContent.trim()")).ShouldBe("Running");
        (await page.TextAsync("document.querySelector('#now').textContent")).ShouldBe("12:00:00");
        (await page.TextAsync("document.querySelector('.screen').getAttribute('aria-label')")).ShouldContain("sport: 50 % × 50 % at 50 %, 0 %, silent");
        (await page.TextAsync("[...document.querySelectorAll('#calls button')].map(button => button.textContent).join()"))
            .ShouldBe("CreateLivePullToPush,CreateLiveStreamMonitor");
        var box = "JSON.stringify((box => [box.left, box.top, box.width, box.height].map(Math.round))(document.querySelectorAll('.screen > div')[3].getBoundingClientRect()))";
        var screen = "(box => JSON.stringify([box.left + box.width / 2, box.top + box.height / 2, box.width / 2, box.height / 2].map(Math.round)))"
            + "(document.querySelector('.screen').getBoundingClientRect())";
        (await page.TextAsync(box)).ShouldBe(await page.TextAsync(screen));

        page.Told("Runtime.exceptionThrown").ShouldBeEmpty();
        page.Told("Log.entryAdded").ShouldBeEmpty();
        var asked = page.Told("Network.requestWillBeSent").Select(request => new Uri(request.GetProperty("request").GetProperty("url").GetString()!)).ToList();
        asked.Count.ShouldBeGreaterThan(3);
        asked.Where(address => address.Scheme != "data").ShouldAllBe(address => address.Authority == _simulator.Address.Authority);
    }

    [Fact(Timeout = 120_000)]
    public async Task An_empty_simulator_tells_what_to_do_next()
    {
        var page = await ShownAsync();
        await page.UntilAsync("!document.querySelector('#tasks-empty').hidden");
        (await page.TextAsync("document.querySelector('#commands').textContent")).ShouldBe(string.Join('\n', StackConfiguration.Commands(_simulator.Address)));
        (await page.EvaluateAsync("['sessions-empty', 'calls-empty'].every(name => document.getElementById(name).checkVisibility())")).GetBoolean().ShouldBeTrue();
    }

    [Fact(Timeout = 120_000)]
    public async Task What_changes_appears_by_itself_is_told_and_moves_nothing_else()
    {
        var task = _client.CreateTask();
        var page = await ShownAsync();
        await page.UntilAsync("document.querySelector('#task-list .state')?.dataset.state === 'Running'");
        await TwoFramesAsync(page);
        await page.EvaluateAsync("""
            window.moved = [];
            new PerformanceObserver(list => moved.push(...list.getEntries().filter(entry => !entry.hadRecentInput)
              .flatMap(entry => entry.sources.map(source => source.node?.outerHTML ?? source.node?.textContent ?? ''))))
              .observe({ type: 'layout-shift' });
            """);
        _client.Service.LoseSource(task);
        _client.Describe(task);
        _client.Service.FailNext("*", Fault.DropBefore());
        await page.UntilAsync("document.querySelector('#task-list .state').dataset.state === 'Recovering' && document.querySelectorAll('#calls tbody').length === 2");
        _client.Pass(3);
        await page.UntilAsync("document.querySelector('#now').textContent === '12:00:03'");

        (await page.TextAsync("document.querySelector('[aria-live]').textContent")).ShouldContain("relay: Running → Recovering (PullStreamFailed)");
        (await page.TextAsync("document.querySelector('.timeline').getAttribute('aria-label')")).ShouldContain("Recovering from 12:00:00 (PullStreamFailed)");
        await TwoFramesAsync(page);
        (await page.TextAsync("JSON.stringify(moved)")).ShouldBe("[]");

        // What is in the page has been drawn after that.
        static Task TwoFramesAsync(BrowserPage page) =>
            page.TextAsync("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(''))))");
    }

    [Fact(Timeout = 120_000)]
    public async Task The_keyboard_alone_reaches_and_presses_a_button_that_keeps_its_focus()
    {
        var task = _client.CreateTask();
        var page = await ShownAsync();
        await page.UntilAsync("document.querySelector('#task-list li')");

        await TabToAsync(page, "Lose source: relay");
        (await page.TextAsync("getComputedStyle(document.activeElement).outlineStyle")).ShouldBe("solid");
        await page.PressAsync("Enter", Enter, "\r");
        await page.UntilAsync("document.activeElement.getAttribute('aria-label') === 'Restore source: relay'");
        _client.Task(task).State.ShouldBe(RelayState.Recovering);
        await page.PressAsync("Enter", Enter, "\r");
        await page.UntilAsync("document.activeElement.getAttribute('aria-label') === 'Lose source: relay'");
        _client.Task(task).State.ShouldBe(RelayState.Running);

        await TabToAsync(page, "Delete: relay");
        await page.PressAsync("Enter", Enter, "\r");
        await page.UntilAsync("document.querySelector('#task-list .state').dataset.state === 'Exit'");
        (await page.TextAsync("document.activeElement.getAttribute('aria-label')")).ShouldBe("Details: relay");
        await page.PressAsync("Enter", Enter, "\r");
        (await page.TextAsync("[...document.querySelectorAll('.more tr')].map(row => row.cells[1].textContent).join(' ')"))
            .ShouldBe("Idle Running Recovering Running Exit");
    }

    [Fact(Timeout = 120_000)]
    public async Task Buttons_move_the_clock_stop_start_and_delete()
    {
        var task = _client.CreateTask(start: 60);
        var monitor = _client.CreateMonitor(("InputList", FourInputs));
        var page = await ShownAsync();
        await page.UntilAsync("document.querySelector('#to-next')?.textContent.includes('relay starts in 1 min')");
        await PressAsync(page, "#to-next", "document.querySelector('#now').textContent === '12:01:00'");
        _client.Task(task).State.ShouldBe(RelayState.Running);
        await PressAsync(page, "[data-by='3600']", "document.querySelector('#task-list .state').dataset.state === 'Exit'");
        await PressAsync(page, "#session-list [data-f=runButton]", "document.querySelector('#session-list .state').dataset.state === 'Running'");
        _client.Service.Monitors[monitor].Running.ShouldBeTrue();
        await PressAsync(page, "#session-list [data-f=runButton]", "document.querySelector('#session-list .state').dataset.state === 'Stopped'");
        await PressAsync(page, "#session-list [data-f=deleteButton]", "!document.querySelector('#session-list li')");
        _client.Service.Monitors[monitor].Deleted.ShouldBeTrue();
    }

    [Fact(Timeout = 120_000)]
    public async Task A_fault_is_armed_hits_and_is_disarmed()
    {
        var page = await ShownAsync();
        await page.UntilAsync("document.querySelector('#operation').options.length > 10");
        await page.EvaluateAsync("operation.value = 'CreateLivePullToPush', kind.value = 'FailAfterDoing', times.value = '2'");
        await PressAsync(page, "#fault .main", "document.querySelector('#faults').textContent.startsWith('2 × CreateLivePullToPush')");
        _client.Call("CreateLivePullToPush", _client.TaskParameters()).ErrorCode.ShouldBe("InternalError");
        _client.Service.Tasks.Count.ShouldBe(1);
        await page.UntilAsync("document.querySelector('.result')?.textContent === 'failed' && document.querySelector('#calls b').textContent === 'InternalError'");
        await PressAsync(page, "#disarm", "document.querySelector('#faults').textContent === 'Nothing is armed.'");
        await PressAsync(page, "#throttle", "document.querySelector('#faults').textContent === '5 × any operation: Throttling.User'");
        _client.Call("DescribeLivePullToPushList", ("Region", "cn-shanghai")).ErrorCode.ShouldBe("Throttling.User");
    }

    [Fact(Timeout = 120_000)]
    public async Task What_was_shown_stays_when_the_simulator_has_ended()
    {
        _client.CreateTask();
        var page = await ShownAsync();
        await page.UntilAsync("document.querySelector('#task-list li')");
        await _simulator.DisposeAsync();
        await page.UntilAsync("document.querySelector('#link').dataset.on === 'false'");
        await PressAsync(page, "[data-by='10']", "document.querySelector('#news').textContent.includes('does not answer')");
        (await page.EvaluateAsync("document.querySelectorAll('#task-list li').length")).GetInt32().ShouldBe(1);
    }

    /// <summary>With the variable <c>CONSOLE_PICTURES</c> it leaves pictures in that folder.</summary>
    [Theory(Timeout = 120_000)]
    [InlineData("light", 1440, 1360)]
    [InlineData("dark", 1440, 1360)]
    [InlineData("light", 360, 800)]
    [InlineData("dark", 360, 800)]
    public async Task Every_text_is_legible_every_control_has_a_name_and_nothing_is_wider_than_the_window(string scheme, int width, int height)
    {
        FillWithEverything();
        var page = await ShownAsync(scheme, width, height);
        await page.UntilAsync("document.querySelectorAll('#task-list > li').length === 6 && document.querySelectorAll('.screen > div').length === 7");
        if (Environment.GetEnvironmentVariable("CONSOLE_PICTURES") is { Length: > 0 } folder)
        {
            // The port differs from run to run.
            await page.EvaluateAsync("document.querySelector('#address').textContent = '127.0.0.1:7788'");
            await File.WriteAllBytesAsync(Path.Combine(folder, $"console-{scheme}-{width}.png"), await page.PictureAsync());
        }
        await page.EvaluateAsync("document.querySelector('[data-f=moreButton]').click(), document.querySelector('#calls button').click()");

        (await page.TextAsync(TextsOfLowContrast)).ShouldBe("[]");
        (await page.EvaluateAsync("document.documentElement.scrollWidth")).GetInt32().ShouldBeLessThanOrEqualTo(width);
        var nodes = (await page.SendAsync("Accessibility.getFullAXTree")).GetProperty("nodes").EnumerateArray()
            .Where(node => node.TryGetProperty("role", out var role)
                && role.GetProperty("value").GetString() is "button" or "combobox" or "spinbutton" or "checkbox" or "image" or "region" or "group"
                && !node.GetProperty("ignored").GetBoolean())
            .ToList();
        nodes.Count.ShouldBeGreaterThan(40);
        nodes.Where(node => !node.TryGetProperty("name", out var name) || name.GetProperty("value").GetString() == "")
            .Select(node => node.GetRawText()).ShouldBeEmpty();
    }

    /// <summary>The texts whose colour stands out from what is behind it by less than 4.5 : 1.</summary>
    const string TextsOfLowContrast = """
        (() => {
          const parse = text => text.match(/[\d.]+/g).map(Number);
          const light = ([r, g, b]) => [r, g, b].map(part => part / 255).map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
            .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
          const behind = element => {
            for (let at = element; at; at = at.parentElement) {
              const colour = parse(getComputedStyle(at).backgroundColor);
              if ((colour[3] ?? 1) > 0) return colour;
            }
            return [255, 255, 255];
          };
          const ratio = element => {
            const [low, high] = [light(parse(getComputedStyle(element).color)), light(behind(element))].sort((one, other) => one - other);
            return (high + 0.05) / (low + 0.05);
          };
          const own = element => [...element.childNodes].some(child => child.nodeType === Node.TEXT_NODE && child.textContent.trim());
          return JSON.stringify([...document.body.querySelectorAll('*')].filter(element => own(element) && element.checkVisibility() && ratio(element) < 4.5)
            .map(element => `${element.textContent.trim()} ${ratio(element)}`));
        })()
        """;

    async Task<BrowserPage> ShownAsync(string scheme = "light", int width = 1280, int height = 900)
    {
        var page = await _browser.OpenAsync();
        await page.ShowAsync(_simulator.Address, scheme, width, height);
        return page;
    }

    static async Task TabToAsync(BrowserPage page, string name)
    {
        for (var step = 0; step < 80; step++)
        {
            if ((await page.EvaluateAsync("document.activeElement.getAttribute('aria-label')")).ToString() == name) return;
            await page.PressAsync("Tab", Tab);
        }
        throw new InvalidOperationException($"The Tab key does not lead to '{name}'.");
    }

    static async Task PressAsync(BrowserPage page, string selector, string until)
    {
        await page.EvaluateAsync($"document.querySelector({JsonSerializer.Serialize(selector)}).click()");
        await page.UntilAsync(until);
    }

    /// <summary>Six tasks in all states, two sessions, and calls of every result.</summary>
    void FillWithEverything()
    {
        _client.Service.BeforeCall = _ => _client.Service.MoveClock(TimeSpan.FromMilliseconds(37));
        var radio = Task("breakfast-radio", end: 3 * 86400);
        Task("last-nights-concert", end: 500);
        _client.Pass(240);
        var show = Task("evening-show", end: 300 * 86400);
        var camera = Task("harbour-camera", end: 50000);
        _client.OnTask("StopLivePullToPush", radio);
        _client.Pass(200);
        _client.OnTask("RestartLivePullToPush", radio);
        _client.Pass(200);
        _client.Service.StopBehindOurBack(radio);
        Task("evening-show-copy", end: 40000, ("DstUrl", "rtmp://push.example.com/live/evening-show"));
        _client.CreateTask(900, 9000, ("TaskName", "midnight-mass"), ("DstUrl", "rtmp://push.example.com/live/midnight-mass"));
        _client.Pass(90);
        _client.Service.LoseSource(camera);
        var wall = _client.CreateMonitor(
            ("MonitorName", "four-channels"), ("InputList", FourInputs), ("MonitorConfig", """{"fpsLowThres":0.6,"eofDurationThresSec":5}"""),
            ("CallbackUrl", "https://hooks.example.com/alarms"));
        _client.CreateMonitor(("MonitorName", "stage-and-guests"), ("InputList", PictureInPicture));
        _client.Succeed("StartLiveStreamMonitor", ("MonitorId", wall));
        _client.Pass(60);
        _client.Service.FailNext("DescribeLivePullToPush", Fault.Throttle());
        _client.Service.FailNext("UpdateLivePullToPush", Fault.ErrorAfterDoing());
        _client.Describe(show);
        _client.Describe(show);
        _client.OnTask("UpdateLivePullToPush", show, ("RepeatNumber", "3"));
        _client.OnTask("StopLivePullToPush", "unknown");
        // As if they had come over a socket.
        foreach (var (place, call) in _client.Service.Calls.Index())
        {
            _client.Service.CallTimes.Begin(call.RequestId);
            _client.Service.CallTimes.End(call.RequestId, TimeSpan.FromMilliseconds(0.9 + place * place % 23));
        }
        _client.Service.FailNext("*", Fault.CutAnswer());
        _client.Service.FailNext("CreateLiveStreamMonitor", Fault.Throttle() with { Times = 3 });
    }

    string Task(string name, int end, params (string Name, string Value)[] others) =>
        _client.CreateTask(0, end, [("TaskName", name), ("DstUrl", $"rtmp://push.example.com/live/{name}"), ("RetryCount", "5"), ("RetryInterval", "60"), .. others]);
}
