# What go-app does otherwise when the app is compiled for browsers (see the Makefile, and goapp.go.txt, where what is named here is).

# No names at random.
/"github.com\/google\/uuid"/d

# The browser has its turn between elements, while the first page is made.
s/^func (m nodeManager) mountHTML(/func (m nodeManager) mountElement(/

# What mounts says itself when it has to be drawn again: go-app draws all of the page a second time.
s/ctx\.Dispatch(mounter\.OnMount)/ctx.mounted(mounter)/
s/e\.nodes\.NotifyComponentEvent(e\.baseContext(), e\.body, nav{})/e.navigated()/

# The first page takes the place of the server's, with what was done on that.
s/v\.JSValue()\.replaceChild(newChild, child)/replaceChild(v.JSValue(), newChild, child)/

# Each object that JavaScript gives costs a finalizer, and these are one or two an element.
s/v\.Call("appendChild", c)/v.Call("append", c)/
s/w\.Get("document")\.Call("create/document().Call("create/
